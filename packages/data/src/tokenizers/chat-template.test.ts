// SPDX-License-Identifier: Apache-2.0
// Tests of conversations as templates write them.

import '@nabla/testing';

import { type ChatMessage, chatText, encodeChat } from './chat-template.ts';
import { PretrainedTokenizer } from './pretrained-tokenizer.ts';

/** A tokenizer of words with a template. */
function tokenizerWith(template: string | undefined): PretrainedTokenizer {
  const special = ['<s>', '</s>', '[INST]', '[/INST]'].map((content, id) => {
    return { id, content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false };
  });
  const vocab = { '<s>': 0, '</s>': 1, '[INST]': 2, '[/INST]': 3, hi: 4, you: 5, '?': 6 };
  const json = {
    ...{ version: '1.0', added_tokens: special, normalizer: null, post_processor: null, decoder: null },
    pre_tokenizer: { type: 'Whitespace' },
    model: { type: 'WordLevel', vocab, unk_token: '?' },
  };
  const config = { bos_token: '<s>', eos_token: '</s>', ...(template !== undefined && { chat_template: template }) };
  return PretrainedTokenizer.fromJSON(json, config);
}

const TEMPLATE = [
  '{{ bos_token }}{% for m in messages %}',
  "{% if m.role == 'system' %}{{ raise_exception('no system here') }}{% endif %}",
  "{% if m['role'] == 'user' %}[INST] {{ m['content'] | trim }} [/INST]{% else %} {{ m.content }}{{ eos_token }}{% endif %}",
  '{% endfor %}{% if add_generation_prompt and open %} you{% endif %}',
].join('');

const messages: ChatMessage[] = [
  { role: 'user', content: ' hi ' },
  { role: 'assistant', content: 'you' },
];

describe('chatText', () => {
  it('is what the template makes of messages, special tokens and variables', () => {
    const tokenizer = tokenizerWith(TEMPLATE);
    expect(chatText(tokenizer, messages)).toBe('<s>[INST] hi [/INST] you</s>');
    expect(chatText(tokenizer, messages, { variables: { open: true } })).toBe('<s>[INST] hi [/INST] you</s> you');
    const closed = { variables: { open: true }, addGenerationPrompt: false };
    expect(chatText(tokenizer, messages, closed)).toBe('<s>[INST] hi [/INST] you</s>');
    expect(encodeChat(tokenizer, messages)).toEqual([0, 2, 4, 3, 5, 1]);
  });

  it('says what the template says against the messages', () => {
    const system = [{ role: 'system', content: 'be kind' }];
    expect(() => chatText(tokenizerWith(TEMPLATE), system)).toThrowCode('CHAT', /received no system here/);
    expect(() => chatText(tokenizerWith('{% for %}'), messages)).toThrowCode('CHAT', /the chat template/);
    expect(() => chatText(tokenizerWith(undefined), messages)).toThrowCode('CHAT', /to have a chat template/);
  });
});
