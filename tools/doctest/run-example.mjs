// SPDX-License-Identifier: Apache-2.0
// Runs one example and judges it by its last line: `expression; // value`, `// shape [2, 3]`, or `// throws CODE`.

import ts from 'typescript';

import { isAsStated, plain, show } from './compare.mjs';

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;

/** The statements of an example, its last expression apart, and what the comment behind that states. */
function parse(code) {
  const tree = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2022, true);
  const last = tree.statements.at(-1);
  if (last === undefined) throw new Error('the example is empty');
  const comment = /^[ \t]*\/\/ (.*)$/.exec(code.slice(last.end).split('\n')[0])?.[1]?.trim();
  const isValue = comment !== undefined && ts.isExpressionStatement(last);
  const body = isValue ? code.slice(0, last.getStart()) : code;
  return { body, last: isValue ? last.expression.getText() : undefined, comment };
}

/** Imports of packages as destructuring of what is loaded already: `import { a as b } from 'p'`, `import * as a from 'p'`. */
function withoutImports(code) {
  const tree = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2022, true);
  let text = code;
  for (const statement of tree.statements.filter(ts.isImportDeclaration).reverse()) {
    const module = statement.moduleSpecifier.getText();
    const bindings = statement.importClause?.namedBindings;
    const isAll = bindings !== undefined && ts.isNamespaceImport(bindings);
    const names = isAll
      ? bindings.name.text
      : (bindings
          ?.getText()
          .replace(/\btype \w+,?/g, '')
          .replace(/\bas\b/g, ':') ?? '{}');
    const replacement = statement.importClause?.isTypeOnly ? '' : `const ${names} = await load(${module});`;
    text = text.slice(0, statement.getStart()) + replacement + text.slice(statement.end);
  }
  return text;
}

/** TypeScript as JavaScript for the body of an async function. */
function toJavaScript(code) {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(`async () => {\n${code}\n}`, { compilerOptions });
  return outputText.slice(outputText.indexOf('{') + 1, outputText.lastIndexOf('}'));
}

/** Runs an example with the names in `scope`; undefined when it does as stated, else what is wrong. */
export async function runExample(code, scope, load) {
  const { body, last, comment } = parse(code);
  const words = new Set(code.match(/[A-Za-z_$][\w$]*/g));
  const script = withoutImports(last === undefined ? body : `${body}\nreturn { value: await (${last}) };`);
  const declared = new Set(
    [...script.matchAll(/\b(?:const|let|class|function|using)\s+([\w$]+)/g)].map((match) => match[1]),
  );
  for (const [names] of script.matchAll(/\bconst \{[^}]*\}/g))
    for (const name of names.match(/[\w$]+/g)) declared.add(name);
  const names = Object.keys(scope).filter((name) => words.has(name) && !declared.has(name));
  const work = new AsyncFunction('load', ...names, toJavaScript(script));
  const run = () => work(load, ...names.map((name) => scope[name]));

  const thrown = /^throws ([\w.]+)/.exec(comment ?? '')?.[1];
  if (thrown !== undefined) return runThrowing(run, thrown);
  const result = await run();
  if (last === undefined) return undefined;
  const shape = /^shape (\[.*\])$/.exec(comment)?.[1];
  const value = shape === undefined ? result.value : result.value?.shape;
  return isAsStated(value, stated(shape ?? comment))
    ? undefined
    : `stated ${shape ?? comment}, got ${show(plain(value))}`;
}

async function runThrowing(run, code) {
  try {
    await run();
  } catch (error) {
    const isIt = error.code === code || error.name === code;
    return isIt
      ? undefined
      : `stated that it throws ${code}, it threw ${error.name} ${error.code ?? ''}: ${error.message}`;
  }
  return `stated that it throws ${code}, it threw nothing`;
}

/** The value that a comment states, written as JavaScript. */
function stated(comment) {
  try {
    return new Function(`return (${comment});`)();
  } catch {
    throw new Error(`the comment of the last line must be the value, as JavaScript: ${comment}`);
  }
}
