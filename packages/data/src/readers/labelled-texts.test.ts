// SPDX-License-Identifier: Apache-2.0
// Tests of texts with classes in CSV and JSON lines.

import '@nabla/testing';
import { parseLabelledTexts } from './labelled-texts.ts';

it.each([
  ['films.csv', 'label,text\ngood,"what, a film"\nbad,never again\n'],
  ['films.tsv', 'text\tlabel\twho\nwhat, a film\tgood\tme\nnever again\tbad\tyou\n'],
  ['films.jsonl', '{"text":"what, a film","label":"good"}\n\n{"label":"bad","text":"never again"}\n'],
])('reads %s', (source, text) => {
  const dataset = parseLabelledTexts(text, source);
  expect(dataset.classes).toEqual(['bad', 'good']);
  expect([dataset.get(0), dataset.get(1)]).toEqual([
    { text: 'what, a film', label: 1 },
    { text: 'never again', label: 0 },
  ]);
});

it('takes other columns, and sorts numbers by value', () => {
  const options = { textColumn: 'review', labelColumn: 'stars' };
  const dataset = parseLabelledTexts('{"review":"a","stars":10}\n{"review":"b","stars":9}', 'x', options);
  expect(dataset.classes).toEqual(['9', '10']);
});

it.each([
  ['text,lable\na,b\nc,d', /line 1.*column "label".*text, lable.*"lable"/],
  ['text,label\na,b\nc', /line 3.*a text and a label/],
  ['text,label\na,b\nc,b', /two classes.*only "b"/],
  ['{"text":1,"label":"a"}', /line 1.*a text in "text".*number/],
  ['{"text":"a","label":null}', /line 1.*"label"/],
  ['{"text":"a","label":"b"}\n[]', /line 2.*a JSON object/],
])('refuses %j', (text, message) => {
  expect(() => parseLabelledTexts(text, 'x')).toThrowCode('LABELLED_TEXTS', message);
});
