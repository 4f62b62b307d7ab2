// SPDX-License-Identifier: Apache-2.0
// The events of a run in its events.jsonl, one JSON object a line.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TrainingEvent } from './events.ts';
import { writeFileAtomically } from './files.ts';

const EVENTS_FILE = 'events.jsonl';

/** Appends events to the file of a run. */
export class EventLog {
  private readonly path: string;

  /** @param resumedAt the step of the checkpoint: what was recorded after it will happen again and is removed */
  constructor(folder: string, resumedAt = 0) {
    this.path = join(folder, EVENTS_FILE);
    const lines = EventLog.read(folder)
      .filter((event) => happenedBy(event, resumedAt))
      .map(toLine);
    writeFileAtomically(this.path, lines.join(''));
  }

  append(event: TrainingEvent): void {
    appendFileSync(this.path, toLine(event));
  }

  /** Every whole event of a run; the last line of a killed one can be broken. */
  static read(folder: string): TrainingEvent[] {
    const path = join(folder, EVENTS_FILE);
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8').split('\n').flatMap(parseLine);
  }
}

/** A run that is resumed has neither ended nor been interrupted; one that begins again has not even started. */
function happenedBy(event: TrainingEvent, resumedAt: number): boolean {
  if (event.event === 'end' || event.event === 'interrupt') return false;
  return event.step <= resumedAt && resumedAt > 0;
}

function toLine(event: TrainingEvent): string {
  return `${JSON.stringify(event)}\n`;
}

function parseLine(line: string): TrainingEvent[] {
  try {
    const value = JSON.parse(line) as TrainingEvent | null;
    return typeof value === 'object' && value !== null && 'event' in value ? [value] : [];
  } catch {
    return [];
  }
}
