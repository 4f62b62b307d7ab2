// SPDX-License-Identifier: Apache-2.0
// Where a tokenizer.json puts special tokens around a text or between a pair of them: the table of its post-processors.

import { type JsonFields, describeJson } from './json-fields.ts';
import { MAXIMUM_ID } from './vocabulary-model.ts';

/** A part of a template: special tokens, or the first (0) or second (1) text. */
export type TemplatePart = { readonly typeId: number } & (
  { readonly ids: readonly number[] } | { readonly sequence: 0 | 1 }
);

/** What a text, and a pair of texts, look like with special tokens; `typeIds` without them. */
export interface Template {
  readonly single: readonly TemplatePart[];
  readonly pair: readonly TemplatePart[];
}

const A: TemplatePart = { sequence: 0, typeId: 0 };
const B: TemplatePart = { sequence: 1, typeId: 1 };

/** Nothing around the texts. */
export const plainTemplate: Template = { single: [A], pair: [A, B] };

/** @see https://github.com/huggingface/tokenizers/tree/main/tokenizers/src/processors */
const postProcessors: Readonly<Record<string, (fields: JsonFields) => Template>> = {
  BertProcessing: (fields) => {
    const [start, end, endOfPair] = [part(fields, 'cls', 0), part(fields, 'sep', 0), part(fields, 'sep', 1)];
    return { single: [start, A, end], pair: [start, A, end, B, endOfPair] };
  },
  // What ByteLevel does after the model concerns only offsets, which nobody here asks for.
  ByteLevel: () => plainTemplate,
  RobertaProcessing: (fields) => {
    const [start, end] = [part(fields, 'cls', 0), part(fields, 'sep', 0)];
    return { single: [start, A, end], pair: [start, A, end, end, { sequence: 1, typeId: 0 }, end] };
  },
  Sequence: (fields) => {
    const templates = fields.objects('processors').map(readPostProcessor);
    const [only = plainTemplate, ...others] = templates.filter((template) => template !== plainTemplate);
    if (others.length === 0) return only;
    throw fields.error('processors', 'to have one that adds tokens', `${others.length + 1}`);
  },
  TemplateProcessing: (fields) => {
    const read = (name: string): TemplatePart[] => fields.objects(name).map((piece) => readPart(piece, fields));
    return { single: read('single'), pair: read('pair') };
  },
};

/** @throws {ArgumentError} the type is unknown or a field of it is wrong: names file and field (code `TOKENIZER`) */
export function readPostProcessor(fields: JsonFields): Template {
  return fields.choose('type', postProcessors)(fields);
}

/** `["[CLS]", 101]` */
function part(fields: JsonFields, name: string, typeId: number): TemplatePart {
  const [token, id]: unknown[] = [...fields.list(name)];
  if (typeof token === 'string' && isId(id)) return { ids: [id], typeId };
  throw fields.error(name, 'to be a token and its id', describeJson([token, id]));
}

/** `{ "Sequence": { "id": "A", "type_id": 0 } }` or `{ "SpecialToken": { "id": "[CLS]", "type_id": 0 } }` */
function readPart(piece: JsonFields, processor: JsonFields): TemplatePart {
  const sequence = piece.optionalObject('Sequence');
  if (sequence !== undefined) {
    const id = sequence.oneOf('id', ['A', 'B']);
    return { sequence: id === 'A' ? 0 : 1, typeId: sequence.integer('type_id', 0, 0xffff, 0) };
  }
  const special = piece.object('SpecialToken');
  const token = processor.object('special_tokens').object(special.text('id'));
  const ids = token.list('ids').filter(isId);
  if (ids.length !== token.list('ids').length) throw token.error('ids', 'to be ids', describeJson(token.list('ids')));
  return { ids, typeId: special.integer('type_id', 0, 0xffff, 0) };
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAXIMUM_ID;
}
