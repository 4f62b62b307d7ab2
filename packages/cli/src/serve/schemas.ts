// SPDX-License-Identifier: Apache-2.0
// The bodies of requests, as OpenAI's interface has them; fields that change nothing here are let through.

import { z } from 'zod';

import { ServeError } from './errors.ts';

/** Tokens that one request may ask for, whatever the model's context. */
const MOST_TOKENS = 32768;
/** Tokens of a prompt that is given as such: more than any context. */
const LONGEST_PROMPT = 2 ** 20;
const MOST_PROMPTS = 64;
const MOST_INPUTS = 2048;
const MOST_MESSAGES = 4096;
const MOST_BIASES = 1024;

/**
 * A list of a limited length. The length is looked at first: of a list of a million wrong elements, each would be a finding of its own.
 */
function list<Element extends z.ZodType>(element: Element, most: number, least = 1) {
  const isShort = (value: unknown): boolean => Array.isArray(value) && value.length >= least && value.length <= most;
  const error = `Expected a list of ${least} to ${most} elements`;
  return z.custom<unknown[]>(isShort, { error, abort: true }).pipe(z.array(element));
}

/** Numbers by token; their number is looked at first, as that of a list. */
const biases = z
  .custom<object>((value) => typeof value === 'object' && value !== null && Object.keys(value).length <= MOST_BIASES, {
    error: `Expected numbers by token id, ${MOST_BIASES} at most`,
    abort: true,
  })
  .pipe(z.record(z.string(), z.number().min(-100).max(100)));

const sampling = {
  model: z.string().nullish(),
  max_tokens: z.int().min(0).max(MOST_TOKENS).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().positive().nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: biases.nullish(),
  seed: z.int().nullish(),
  n: z.int().min(1).max(16).nullish(),
  stop: z
    .union([z.string(), list(z.string(), 16, 0)], { error: 'Expected a text, or a list of up to 16 texts' })
    .nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  user: z.string().nullish(),
};

/** Token ids; the first that is none ends the check, for the same reason. */
const tokens = z.custom<number[]>(
  (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= LONGEST_PROMPT &&
    value.every((id) => Number.isSafeInteger(id) && id >= 0),
  { error: 'Expected token ids, at least one' },
);

/** What texts must be that may be given in any of the four ways. */
function oneOrMore(most: number): string {
  return `Expected a text, its token ids (integers of at least 0, at least one), or a list of 1 to ${most} of either`;
}

/** What requests to write say in the same words. */
export type SamplingRequest = z.infer<z.ZodObject<typeof sampling>>;

export const completionSchema = z.looseObject({
  ...sampling,
  prompt: z.union([z.string(), list(z.string(), MOST_PROMPTS), list(tokens, MOST_PROMPTS), tokens], {
    error: oneOrMore(MOST_PROMPTS),
  }),
  echo: z.boolean().nullish(),
  suffix: z.string().nullish(),
  best_of: z.int().min(1).nullish(),
  logprobs: z.int().min(0).max(20).nullish(),
});

/** A part of a message that has several: text alone is read. */
const part = z.looseObject({ type: z.literal('text'), text: z.string() });

export const chatSchema = z.looseObject({
  ...sampling,
  max_tokens: z.int().min(1).max(MOST_TOKENS).nullish(),
  max_completion_tokens: z.int().min(1).max(MOST_TOKENS).nullish(),
  messages: list(
    z.looseObject({
      role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
      content: z
        .union([z.string(), list(part, MOST_MESSAGES)], { error: 'Expected a text, or a list of parts of type "text"' })
        .nullish(),
    }),
    MOST_MESSAGES,
  ),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  tools: z.array(z.unknown()).nullish(),
  functions: z.array(z.unknown()).nullish(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
  modalities: z.array(z.unknown()).nullish(),
});

export const embeddingsSchema = z.looseObject({
  model: z.string().nullish(),
  input: z.union([z.string(), list(z.string(), MOST_INPUTS), list(tokens, MOST_INPUTS), tokens], {
    error: oneOrMore(MOST_INPUTS),
  }),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
});

export type CompletionRequest = z.infer<typeof completionSchema>;
export type ChatRequest = z.infer<typeof chatSchema>;
export type EmbeddingsRequest = z.infer<typeof embeddingsSchema>;

/** @throws {ServeError} the body is not what the schema says (status 400): names the field */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  const message = `${field === '' ? 'The body' : `"${field}"`} is not as it must be: ${issue?.message ?? ''}.`;
  throw new ServeError(400, 'invalid_body', message, field === '' ? undefined : field);
}
