// SPDX-License-Identifier: Apache-2.0
// Conversations as a model was taught to read them: the Jinja template of its folder makes one text of all messages.

import { Template } from '@huggingface/jinja';
import { ArgumentError, checkOptions } from '@nabla/core';

import type { PretrainedTokenizer } from './pretrained-tokenizer.ts';

/** What someone said in a conversation; templates know the roles `system`, `user` and `assistant`, and some more. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

export interface ChatTemplateOptions {
  /** Whether the text ends where the model is to answer; default true. */
  readonly addGenerationPrompt?: boolean | undefined;
  /** Further variables that the template knows. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * A conversation as one text, special tokens included: as `apply_chat_template` of transformers with `tokenize=False`.
 *
 * @throws {ArgumentError} the folder has no template, or the template refuses the messages (code `CHAT`)
 */
export function chatText(
  tokenizer: PretrainedTokenizer,
  messages: readonly ChatMessage[],
  options: ChatTemplateOptions = {},
): string {
  checkOptions('chatText', options, ['addGenerationPrompt', 'variables']);
  const { chatTemplate } = tokenizer;
  if (chatTemplate === undefined) {
    const expected = 'to have a chat template, in tokenizer_config.json or chat_template.jinja';
    const hint = 'The model was not made for conversations: let it write on after a text instead.';
    throw chatError({ argument: 'the tokenizer', expected, received: 'none', hint });
  }
  try {
    return new Template(chatTemplate).render({
      ...specialTokens(tokenizer),
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: options.addGenerationPrompt ?? true,
      ...options.variables,
    });
  } catch (cause) {
    const received = cause instanceof Error ? cause.message : String(cause);
    throw chatError({ argument: 'the chat template', expected: 'to take the messages', received }, cause);
  }
}

/**
 * The ids of {@link chatText}; no special tokens are added to those of the template.
 *
 * @throws {ArgumentError} as {@link chatText}
 */
export function encodeChat(
  tokenizer: PretrainedTokenizer,
  messages: readonly ChatMessage[],
  options?: ChatTemplateOptions,
): number[] {
  return tokenizer.encode(chatText(tokenizer, messages, options), { addSpecialTokens: false }).ids;
}

/** The special tokens by the names that templates have for them; those that the tokenizer lacks are left out. */
function specialTokens(tokenizer: PretrainedTokenizer): Record<string, string> {
  const { bosId, eosId, padId, unkId, clsId, sepId, maskId } = tokenizer;
  const ids = { bos: bosId, eos: eosId, pad: padId, unk: unkId, cls: clsId, sep: sepId, mask: maskId };
  const named = Object.entries(ids).map(([role, id]) => [
    `${role}_token`,
    id === undefined ? id : tokenizer.tokenOf(id),
  ]);
  return Object.fromEntries(named.filter(([, token]) => token !== undefined)) as Record<string, string>;
}

function chatError(
  mismatch: { argument: string; expected: string; received: string; hint?: string },
  cause?: unknown,
): ArgumentError {
  return new ArgumentError({ op: 'chatText', ...mismatch }, 'CHAT', { cause });
}
