// SPDX-License-Identifier: Apache-2.0
// Parts of the tokenizer.json that we write.

/** Special tokens with the first ids. */
export function addedTokens(contents: readonly string[]): object[] {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return contents.map((content, id) => ({ id, content, ...flags }));
}

/** BERT's `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`, the second text and its end of type 1. */
export function bertTemplate(cls: string, clsId: number, sep: string, sepId: number): object {
  const special = (id: string, typeId: number): object => ({ SpecialToken: { id, type_id: typeId } });
  const sequence = (id: 'A' | 'B', typeId: number): object => ({ Sequence: { id, type_id: typeId } });
  return {
    type: 'TemplateProcessing',
    single: [special(cls, 0), sequence('A', 0), special(sep, 0)],
    pair: [special(cls, 0), sequence('A', 0), special(sep, 0), sequence('B', 1), special(sep, 1)],
    special_tokens: {
      [cls]: { id: cls, ids: [clsId], tokens: [cls] },
      [sep]: { id: sep, ids: [sepId], tokens: [sep] },
    },
  };
}
