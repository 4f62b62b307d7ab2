// SPDX-License-Identifier: Apache-2.0
// Finds the examples of a source file: the code under every `@example` of its docstrings, or the ts blocks of a page.

/** One example: its code, where it starts, and the symbol it explains. */
/** @typedef {{ file: string, line: number, name: string, code: string }} Example */

const fence = /^```\w*$/;

/** The examples of a TypeScript source. @returns {Example[]} */
export function examplesOfSource(file, text) {
  const found = [];
  for (const comment of text.matchAll(/\/\*\*(.*?)\*\//gs)) {
    const firstLine = text.slice(0, comment.index).split('\n').length;
    const lines = comment[1].split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
    const name = /(?:function|class|const|interface|type|get|static|async)?\s*([\w$]+)\s*[(:=<{]/.exec(
      declarationAfter(text, comment),
    );
    for (let i = 0; i < lines.length; i++) {
      if (!/^@example\b/.test(lines[i].trim())) continue;
      let end = i + 1;
      while (end < lines.length && !/^@\w/.test(lines[end].trim())) end++;
      const code = lines.slice(i + 1, end).filter((line) => !fence.test(line.trim()));
      found.push({ file, line: firstLine + i + 1, name: name?.[1] ?? file, code: code.join('\n').trim() });
      i = end - 1;
    }
  }
  return found;
}

/** The first line of what a docstring documents, without the words before its name. */
function declarationAfter(text, comment) {
  const rest = text.slice(comment.index + comment[0].length).trimStart();
  return rest
    .split('\n')[0]
    .replace(/^(?:(?:export|default|declare|abstract|async|function|class|const|readonly|static|get)\s+)*/, '');
}

/** The ```ts blocks of a Markdown page. @returns {Example[]} */
export function examplesOfPage(file, text) {
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((block) => {
    const line = text.slice(0, block.index).split('\n').length + 1;
    return { file, line, name: `line ${line}`, code: block[1].trim() };
  });
}
