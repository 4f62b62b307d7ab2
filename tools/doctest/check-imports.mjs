// SPDX-License-Identifier: Apache-2.0
// What can be said of an example that needs a file which not everybody has: that it is TypeScript, and that what it imports is there.

import ts from 'typescript';

/** Whether an example reads something beside it, such as the folder of a published model. */
export function needsFiles(code) {
  return /(['"`])\.\//.test(code);
}

/** Looks an example over without running it; undefined when all is well, else what is wrong. */
export async function checkImports(code, load) {
  const { diagnostics = [] } = ts.transpileModule(code, { reportDiagnostics: true });
  if (diagnostics.length > 0) return ts.flattenDiagnosticMessageText(diagnostics[0].messageText, ' ');
  const { statements } = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2022, true);
  for (const { importClause, moduleSpecifier } of statements.filter(ts.isImportDeclaration)) {
    const module = await load(moduleSpecifier.text);
    const bindings = importClause?.namedBindings;
    if (bindings === undefined || ts.isNamespaceImport(bindings)) continue;
    const missing = bindings.elements
      .filter(({ isTypeOnly }) => !isTypeOnly && !importClause.isTypeOnly)
      .map(({ name, propertyName }) => (propertyName ?? name).text)
      .find((name) => !(name in module));
    if (missing !== undefined) return `${moduleSpecifier.text} exports no ${missing}`;
  }
  return undefined;
}
