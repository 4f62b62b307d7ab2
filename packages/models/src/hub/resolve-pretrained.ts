// SPDX-License-Identifier: Apache-2.0
// From a folder, or the name of a model of the hub, to a folder that has the model.

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { checkName, checkOptions } from '@nabla/core';
import { Interruption, Refusal, cacheFolder, download } from '@nabla/data';

import { convertPretrained } from '../pretrained/convert-pretrained.ts';
import { pretrainedError } from '../pretrained/errors.ts';
import { moduleFolders } from '../pretrained/sentence-modules.ts';
import { hubError } from './errors.ts';
import { HubCache } from './hub-cache.ts';
import { HubClient, type HubFile, type Listing } from './hub-client.ts';
import { type HubModel, addressOf, checkFileName, parseHubModel } from './hub-model.ts';
import {
  CONFIG_FILE,
  filesOfIndex,
  hasTokenizer,
  isComplete,
  isPickled,
  moduleFiles,
  smallFiles,
  usualFiles,
  weightsForm,
} from './needed-files.ts';
import { type HubSettings, hubSettings } from './settings.ts';

/** How far the fetching of a model has come. */
export interface HubProgress {
  /** The file that is coming. */
  readonly file: string;
  /** Bytes of all files so far; what was there before counts as received. */
  readonly received: number;
  /** Bytes of all files that are known to be needed. */
  readonly total: number;
}

/** How to find a model. */
export interface ResolvePretrainedOptions {
  /** Whether to leave the network alone; default what `HF_HUB_OFFLINE` says. */
  readonly offline?: boolean | undefined;
  /** Whether the weights are needed; without them the tokenizer is enough. Default: true. */
  readonly weights?: boolean | undefined;
  readonly onProgress?: ((progress: HubProgress) => void) | undefined;
  /** Longest time without a byte, in milliseconds. Default: 30,000. */
  readonly stallMilliseconds?: number | undefined;
  /** Attempts after the first that may fail in a row without a further byte. Default: 5. */
  readonly retries?: number | undefined;
  /** How long to wait before the second attempt, in milliseconds; each further wait is twice as long. Default: 1,000. */
  readonly retryMilliseconds?: number | undefined;
}

/**
 * The folder of a model. An existing folder is taken as it is. Any other source is a name of the hub, `owner/name` or
 * `owner/name@revision`: what is not in the cache yet is fetched into it, which is the one that Python's huggingface_hub has, so that
 * each uses what the other has fetched. Large files are checked by their SHA-256, all by their size, before they get their names. A model
 * that has no safetensors is converted, without running what is in its files, into a folder of Nabla's own cache.
 *
 * Endpoint, cache, token and whether to be offline come from the environment: `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_HOME`, `HF_TOKEN`,
 * `HF_HUB_OFFLINE`.
 *
 * @param source  path of a folder, or a name of the hub with a branch, tag or commit, which is main by default
 * @returns       path of a folder with `config.json` and safetensors
 * @throws {ArgumentError} the hub does not give the model; offline, or when nobody answers, says which file to put where (code `HUB`);
 *   there is no such folder, and its name is none of the hub (code `PRETRAINED`)
 */
export async function resolvePretrained(source: string, options: ResolvePretrainedOptions = {}): Promise<string> {
  checkName('resolvePretrained', 'source', source);
  const names = ['offline', 'weights', 'onProgress', 'stallMilliseconds', 'retries', 'retryMilliseconds'];
  checkOptions('resolvePretrained', options, names);
  const kind = await stat(source).catch(() => undefined);
  if (kind?.isDirectory() === true) return source;
  const model = kind === undefined ? parseHubModel(source) : undefined;
  if (model === undefined) {
    const expected = 'to be a folder, or a model of the hub by its name: owner/name or owner/name@revision';
    const received = kind === undefined ? 'no such folder' : 'a file';
    const hint = kind === undefined ? undefined : 'Pass the folder that it is in. For .bin and .pt: nabla convert.';
    throw pretrainedError({ file: source, expected, received, hint });
  }
  const settings = hubSettings();
  const cache = new HubCache(settings.cache, model);
  const { offline = settings.offline, weights = true, onProgress } = options;
  const known = cache.knownCommit();
  const present = known === undefined ? undefined : await findPresent(cache, known, weights);
  const absent: Absent = { model, settings, folder: cache.snapshot(known ?? model.revision), weights };
  if (offline) {
    if (present !== undefined) return present;
    throw await missing(absent, 'nothing, since offline');
  }
  const { stallMilliseconds = 30_000, retries = 5, retryMilliseconds = 1000 } = options;
  const client = new HubClient(settings, { stallMilliseconds, retries, retryMilliseconds });
  try {
    const listing = await client.list(model);
    const fetching = new Fetching(client, cache, model, listing, onProgress);
    const folder = weights ? await fetching.run() : await fetching.withoutWeights();
    await cache.remember(listing.commit);
    return folder;
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    if (present !== undefined) return present;
    throw await missing(absent, `an error of ${settings.endpoint}: ${error.message}`, error);
  }
}

/** Where a model that had to be converted is. */
function convertedFolder(cache: HubCache, commit: string): string {
  return join(cacheFolder(), 'converted', cache.folder.replace(/^.*[/\\]/, ''), commit);
}

/** Where a model is that was fetched before, if all of it is there that is needed. */
async function findPresent(cache: HubCache, commit: string, weights: boolean): Promise<string | undefined> {
  for (const folder of [cache.snapshot(commit), convertedFolder(cache, commit)]) {
    if ((await isComplete(folder)) || (!weights && hasTokenizer(folder))) return folder;
  }
  return undefined;
}

/** One model on its way into the cache. */
class Fetching {
  private readonly client: HubClient;
  private readonly cache: HubCache;
  private readonly listing: Listing;
  private readonly onProgress: ((progress: HubProgress) => void) | undefined;
  /** The model at the commit: what a branch is at may change meanwhile. */
  private readonly model: HubModel;
  private received = 0;
  private total = 0;

  constructor(
    client: HubClient,
    cache: HubCache,
    { name }: HubModel,
    listing: Listing,
    onProgress?: (progress: HubProgress) => void,
  ) {
    this.client = client;
    this.cache = cache;
    this.listing = listing;
    this.onProgress = onProgress;
    this.model = { name, revision: listing.commit };
  }

  async run(): Promise<string> {
    const { commit, files } = this.listing;
    const snapshot = this.cache.snapshot(commit);
    const form = weightsForm(files);
    if (!files.includes(CONFIG_FILE) || form === undefined) {
      const expected = 'to have config.json and weights in safetensors, or in pytorch_model.bin';
      const received = files.slice(0, 12).join(', ') || 'no files';
      throw hubError({ argument: this.model.name, expected, received });
    }
    const isIndex = form.endsWith('.json');
    const converted = convertedFolder(this.cache, commit);
    const isConverted = isPickled(form) && (await isComplete(converted));
    await this.fetch([...smallFiles(files), ...(isIndex ? [form] : [])]);
    await this.fetch(moduleFiles(files, await moduleFolders(snapshot)));
    if (!isConverted) await this.fetch(isIndex ? await this.shards(join(snapshot, form)) : [form]);
    if (!isPickled(form)) return snapshot;
    if (!isConverted) await convertPretrained(snapshot, { target: converted, force: true });
    return converted;
  }

  /** What makes tokens of texts, and the configuration. */
  async withoutWeights(): Promise<string> {
    const { commit, files } = this.listing;
    await this.fetch(smallFiles(files));
    return this.cache.snapshot(commit);
  }

  private async shards(index: string): Promise<string[]> {
    const names = await filesOfIndex(index);
    for (const name of names) checkFileName(this.model, name);
    const absent = names.find((name) => !this.listing.files.includes(name));
    if (absent === undefined) return names;
    const received = JSON.stringify(absent);
    throw hubError({ argument: `"${index}"`, expected: `to name files of ${this.model.name}`, received });
  }

  /** Fetches what the snapshot lacks. Sizes are asked for first: whoever is refused, is so before anything comes. */
  private async fetch(names: readonly string[]): Promise<void> {
    const { commit } = this.listing;
    const files: HubFile[] = [];
    for (const name of names) {
      if (!this.cache.has(commit, name)) files.push(await this.client.describe(this.model, name));
    }
    this.total += files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const file of files) {
      const before = this.received;
      const onProgress = (received: number): void => {
        this.onProgress?.({ file: file.name, received: before + received, total: this.total });
      };
      if (!this.cache.hasBlob(file.etag, file.bytes)) await this.bring(file, onProgress);
      await this.cache.link(commit, file.name, file.etag);
      this.received = before + file.bytes;
      onProgress(file.bytes);
    }
  }

  private async bring(file: HubFile, onProgress: (received: number) => void): Promise<void> {
    const { patience, secrets } = this.client;
    try {
      await this.cache.withPartial(file.etag, (partial) => {
        const options = { ...patience, secrets, partial, onProgress: report };
        return download(file, file.address, this.cache.blob(file.etag), options);
      });
    } catch (error) {
      if (error instanceof Refusal) throw this.client.explain(this.model, file.address, error);
      const received = error instanceof Error ? `an error: ${error.message}` : String(error);
      const hint =
        error instanceof Interruption ? 'What has come is kept: the next attempt goes on from there.' : undefined;
      const expected = `to give ${file.bytes} bytes of ${file.name}`;
      throw hubError({ argument: `"${file.address}"`, expected, received, hint }, error);
    }
    function report({ received }: { received: number }): void {
      onProgress(received);
    }
  }
}

/** A model that cannot be fetched. */
interface Absent {
  readonly model: HubModel;
  readonly settings: HubSettings;
  /** Where its files belong. */
  readonly folder: string;
  readonly weights: boolean;
}

/** Says which files to put where. */
async function missing(
  { model, settings, folder, weights }: Absent,
  received: string,
  cause?: unknown,
): Promise<Error> {
  const lines = (await usualFiles(folder, weights))
    .filter((file) => !existsSync(join(folder, file)))
    .map((file) => `\n  ${addressOf(settings.endpoint, model, file)}\n    → ${join(folder, file)}`);
  const hint = [
    'Fetch these files on a machine that can, and put them here, those of them that the model has',
    ...(weights
      ? [' (in place of model.safetensors perhaps model.safetensors.index.json and the files that it names; one of ']
      : []),
    ...(weights
      ? ['images has preprocessor_config.json, one of sentences modules.json and the folders that it names)']
      : []),
    ':',
    ...lines,
  ].join('');
  const argument = `${model.name}@${model.revision}`;
  return hubError({ argument, expected: 'to be a folder, or a model in the cache', received, hint }, cause);
}
