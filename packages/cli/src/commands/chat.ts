// SPDX-License-Identifier: Apache-2.0
// nabla chat: a conversation with a published model, line by line.

import { createInterface } from 'node:readline';

import type { Command } from '@commander-js/extra-typings';
import { ArgumentError, NablaError } from '@nabla/core';
import { type ChatMessage, encodeChat } from '@nabla/data';
import { type GenerationOptions, GenerationSession, type TextModel, isEncoderDecoder, writeText } from '@nabla/models';

import { checkAbility } from '../abilities.ts';
import { deviceOption } from '../device.ts';
import { addDrawingOptions, drawing } from '../drawing.ts';
import { endTokensOf } from '../end-tokens.ts';
import { findModel, modelArgument } from '../find-model.ts';
import { examples } from '../options.ts';
import type { Output } from '../output.ts';
import { storageOption } from '../storage.ts';
import { newTokens, withTextModel } from './generate-published.ts';

/** Tokens of an answer where neither the command nor the folder says how many. */
const TOKENS = 512;
const RESET = '/reset';
const EXIT = '/exit';

export function addChatCommand(program: Command, output: Output, input: NodeJS.ReadableStream): void {
  addDrawingOptions(program.command('chat'))
    .description('talk with a model that was made for conversations, line by line')
    .argument('<model>', modelArgument('a fine-tuned run'))
    .option('--system <text>', 'what the model is told before the conversation')
    .addOption(deviceOption())
    .addOption(storageOption())
    .addHelpText(
      'after',
      examples('nabla chat Qwen/Qwen2.5-0.5B-Instruct --system "You are brief."', 'nabla chat ./model < questions.txt'),
    )
    .action(async (source, { system, ...options }) => {
      const found = await findModel(source, output);
      await checkAbility('chat', found);
      await withTextModel(found, options, output, async (loaded) => {
        const talk = new Conversation(loaded, { system, tokens: options.tokens, drawing: drawing(options) });
        talk.check(source);
        output.note(`${RESET} begins anew, ${EXIT} or Ctrl-D ends, Ctrl-C stops an answer`);
        try {
          await converse(talk, output, input);
        } finally {
          talk.dispose();
        }
      });
    });
}

interface ConversationOptions {
  readonly system: string | undefined;
  readonly tokens: number | undefined;
  readonly drawing: GenerationOptions;
}

/** What was said, and how answers are made. */
class Conversation {
  private messages: readonly ChatMessage[] = [];
  private readonly loaded: TextModel;
  private readonly options: ConversationOptions;
  /** Of what was said before, nothing is read again. */
  private session: GenerationSession | undefined;

  constructor(loaded: TextModel, options: ConversationOptions) {
    this.loaded = loaded;
    this.options = options;
    this.reset();
  }

  reset(): void {
    const { system } = this.options;
    this.messages = system === undefined ? [] : [{ role: 'system', content: system }];
  }

  /** @throws {ArgumentError} the model is not made for conversations, or not for this system message (code `CHAT`) */
  check(source: string): void {
    const { model, tokenizer } = this.loaded;
    if (isEncoderDecoder(model) || tokenizer.chatTemplate === undefined) {
      const expected = 'to have a chat template, in tokenizer_config.json or chat_template.jinja';
      const hint = `It was not made for conversations. To let it write: nabla generate ${source}`;
      throw new ArgumentError({ op: 'chat', argument: `"${source}"`, expected, received: 'none', hint }, 'CHAT');
    }
    encodeChat(tokenizer, [...this.messages, { role: 'user', content: 'Hello' }]);
  }

  /** The answer to a message, as it is written. What was written belongs to the conversation, however it ended. */
  async *answer(content: string, signal: AbortSignal): AsyncGenerator<string, undefined> {
    const { model, tokenizer } = this.loaded;
    const asked = [...this.messages, { role: 'user', content }];
    const ids = encodeChat(tokenizer, asked);
    const maximumNewTokens = await newTokens(this.loaded, ids.length, this.options.tokens, TOKENS);
    const endTokens = await endTokensOf(this.loaded);
    this.session ??= new GenerationSession(model);
    const { session } = this;
    let answer = '';
    for await (const piece of writeText(model, tokenizer, ids, {
      ...this.options.drawing,
      ...{ maximumNewTokens, endTokens, session, signal },
    })) {
      answer += piece;
      this.messages = [...asked, { role: 'assistant', content: answer }];
      yield piece;
    }
    this.messages = [...asked, { role: 'assistant', content: answer }];
  }

  dispose(): void {
    this.session?.dispose();
  }
}

/** Reads messages, a line each, and shows the answers. */
async function converse(talk: Conversation, output: Output, input: NodeJS.ReadableStream): Promise<void> {
  const { terminal } = output;
  const lines = createInterface({ input, ...(terminal && { output: terminal, terminal: true }), prompt: '> ' });
  let answering: AbortController | undefined;
  lines.on('SIGINT', () => {
    if (answering === undefined) lines.close();
    else answering.abort();
  });
  if (terminal) lines.prompt();
  try {
    for await (const line of lines) {
      const message = line.trim();
      if (message === EXIT) return;
      if (message === RESET) talk.reset();
      else if (message !== '') {
        answering = new AbortController();
        await showAnswer(talk, message, answering.signal, output);
        answering = undefined;
      }
      if (terminal) lines.prompt();
    }
  } finally {
    lines.close();
  }
}

async function showAnswer(talk: Conversation, message: string, signal: AbortSignal, output: Output): Promise<void> {
  try {
    for await (const piece of talk.answer(message, signal)) output.piece(piece);
    output.piece('\n');
  } catch (error) {
    if (signal.aborted) output.piece(' …\n');
    else if (output.terminal !== undefined && error instanceof NablaError) output.note(error.message);
    else throw error;
  }
}
