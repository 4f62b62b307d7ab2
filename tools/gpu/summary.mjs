// SPDX-License-Identifier: Apache-2.0
// What jest found, in a few lines: `summary.mjs jest.json failures.txt`.

import { readFileSync, writeFileSync } from 'node:fs';

const MOST = 40;
const [file, failuresFile] = process.argv.slice(2);
const report = JSON.parse(readFileSync(file, 'utf8'));
const failed = report.testResults.flatMap(({ name, message, assertionResults }) => {
  const short = name.replace(/.*packages\//, '');
  const bad = assertionResults.filter(({ status }) => status === 'failed');
  if (bad.length === 0 && assertionResults.length === 0 && message)
    return [{ short, title: '(the file)', text: message }];
  return bad.map(({ fullName, failureMessages }) => ({ short, title: fullName, text: failureMessages.join('\n') }));
});
writeFileSync(failuresFile, failed.map(({ short, title, text }) => `${short}: ${title}\n${text}\n`).join('\n'));
const onCuda = report.testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .filter(({ fullName }) => /\bcuda\b/.test(fullName));
console.log(
  `${report.numPassedTests} tests passed, ${report.numFailedTests} failed, in ${report.numTotalTestSuites} files; named cuda: ${onCuda.filter(({ status }) => status === 'passed').length} passed, ${onCuda.filter(({ status }) => status === 'failed').length} failed`,
);
for (const { short, title, text } of failed.slice(0, MOST)) {
  const line =
    text
      .replaceAll(/\u001b\[\d+m/g, '')
      .split('\n')
      .find((part) => part.trim() !== '') ?? '';
  console.log(`  ✗ ${short}: ${title.slice(0, 100)} — ${line.slice(0, 140)}`);
}
if (failed.length > MOST) console.log(`  and ${failed.length - MOST} more`);
