// SPDX-License-Identifier: Apache-2.0
// A conversation as the tokens that the model goes on with.

import { encodeChat } from '@nabla/data';

import type { ChatRequest } from './schemas.ts';
import type { ServedModel } from './served-model.ts';

/** The tokens of a conversation, up to where the model is to answer. */
export function chatPrompt({ tokenizer }: ServedModel, messages: ChatRequest['messages']): number[] {
  return encodeChat(
    tokenizer,
    messages.map(({ role, content }) => ({
      role: role === 'developer' ? 'system' : role, // OpenAI's newer word, which templates do not know
      content: typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join(''),
    })),
  );
}
