// SPDX-License-Identifier: Apache-2.0
// A machine for Python pickles that can build tensors and plain values, and nothing else: it knows no way to run anything.

import type { ByteReader } from './byte-reader.ts';
import { call, findName, findStorage } from './known-names.ts';
import { PickledDict, PickledList, type PickleValue, kindOf } from './values.ts';

/** Every instruction adds at most one value, so that this bounds memory. A checkpoint takes about 30 for each tensor. */
const MOST_INSTRUCTIONS = 1 << 22;

const STOP = 0x2e;
const HIGHEST_PROTOCOL = 5;

/**
 * Builds the value of the pickle that begins where `reader` stands, and leaves the reader behind it.
 *
 * @throws {ArgumentError} the pickle is damaged, refers to anything but tensors, or has an instruction that torch.save does not write
 *   (code `PICKLE`)
 * @see https://docs.python.org/3/library/pickletools.html
 */
export function readPickle(reader: ByteReader): PickleValue {
  const machine = new Machine(reader);
  for (let count = 0; count < MOST_INSTRUCTIONS; count++) {
    const at = reader.position;
    const code = reader.byte();
    if (code === STOP) return machine.result();
    const instruction = INSTRUCTIONS.get(code);
    if (instruction === undefined) {
      const received = `0x${code.toString(16).padStart(2, '0')} at byte ${at}`;
      throw reader.error('to have instructions that torch.save writes', received);
    }
    instruction(machine, reader);
  }
  throw reader.error(`to have fewer than ${MOST_INSTRUCTIONS} instructions`, 'more');
}

class Machine {
  private readonly reader: ByteReader;
  private readonly stack: PickleValue[] = [];
  /** Where the stack stood at each mark that is open. */
  private readonly marks: number[] = [];
  private readonly memory = new Map<number, PickleValue>();

  constructor(reader: ByteReader) {
    this.reader = reader;
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  top(): PickleValue {
    const value = this.stack.length > (this.marks.at(-1) ?? 0) ? this.stack.at(-1) : undefined;
    if (value === undefined) throw this.reader.error('to take what it has made', 'more');
    return value;
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  /** The values above the last mark, which goes with them. */
  popToMark(): PickleValue[] {
    const start = this.marks.pop();
    if (start === undefined) throw this.reader.error('to have a mark', 'none');
    return this.stack.splice(start);
  }

  remember(index = this.memory.size): void {
    this.memory.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memory.get(index);
    if (value === undefined) throw this.reader.error('to recall what it has stored', `number ${index}`);
    this.push(value);
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!(list instanceof PickledList)) throw this.reader.error('to append to a list', kindOf(list));
    for (const item of items) list.items.push(item);
  }

  /** `pairs`: key, value, key, value … */
  setItems(pairs: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof PickledDict)) throw this.reader.error('to set items of a dict', kindOf(dict));
    if (pairs.length % 2 !== 0) throw this.reader.error('to have a value for each key', `${pairs.length} of both`);
    for (let i = 0; i < pairs.length; i += 2) dict.entries.push([pairs[i], pairs[i + 1]]);
  }

  /** Attributes of a state dict, such as the versions of its modules: of no use here. */
  build(): void {
    this.pop();
    const target = this.top();
    if (!(target instanceof PickledDict)) throw this.reader.error('to give attributes to a dict', kindOf(target));
  }

  tuple(count: number): void {
    const items = Array.from({ length: count }, () => this.pop());
    this.push(items.reverse());
  }

  result(): PickleValue {
    const value = this.pop();
    if (this.stack.length === 0 && this.marks.length === 0) return value;
    throw this.reader.error('to end with one value', `${this.stack.length + 1}, with ${this.marks.length} marks`);
  }
}

type Instruction = (machine: Machine, reader: ByteReader) => void;

/** A little-endian integer in two's complement; a bigint where a number cannot hold it. */
function readLong(reader: ByteReader, count: number): number | bigint {
  const bytes = reader.take(count);
  if (count > 64) throw reader.error('to have integers of at most 64 bytes', `one of ${count}`);
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  const signed = BigInt.asIntN(8 * count, value);
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}

function pushName(machine: Machine, reader: ByteReader, module: PickleValue, name: PickleValue): void {
  if (typeof module !== 'string' || typeof name !== 'string') throw reader.error('to have names as text', kindOf(name));
  machine.push(findName(`${module}.${name}`, reader));
}

/** All instructions that torch.save writes, with any protocol that it offers. */
const INSTRUCTIONS: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  [0x80, (_, reader) => checkProtocol(reader)], // PROTO
  [0x95, (_, reader) => void reader.take(8)], // FRAME
  [0x28, (machine) => machine.mark()], // MARK
  [0x4e, (machine) => machine.push(null)], // NONE
  [0x88, (machine) => machine.push(true)], // NEWTRUE
  [0x89, (machine) => machine.push(false)], // NEWFALSE
  [0x4a, (machine, reader) => machine.push(reader.view(4).getInt32(0, true))], // BININT
  [0x4b, (machine, reader) => machine.push(reader.byte())], // BININT1
  [0x4d, (machine, reader) => machine.push(reader.view(2).getUint16(0, true))], // BININT2
  [0x8a, (machine, reader) => machine.push(readLong(reader, reader.byte()))], // LONG1
  [0x47, (machine, reader) => machine.push(reader.view(8).getFloat64(0))], // BINFLOAT
  [0x58, (machine, reader) => machine.push(reader.text(reader.view(4).getUint32(0, true)))], // BINUNICODE
  [0x8c, (machine, reader) => machine.push(reader.text(reader.byte()))], // SHORT_BINUNICODE
  [0x54, (machine, reader) => machine.push(reader.text(reader.view(4).getUint32(0, true), 'latin1'))], // BINSTRING
  [0x55, (machine, reader) => machine.push(reader.text(reader.byte(), 'latin1'))], // SHORT_BINSTRING
  [0x5d, (machine) => machine.push(new PickledList())], // EMPTY_LIST
  [0x61, (machine) => machine.append([machine.pop()])], // APPEND
  [0x65, (machine) => machine.append(machine.popToMark())], // APPENDS
  [0x7d, (machine) => machine.push(new PickledDict())], // EMPTY_DICT
  [0x73, (machine) => machine.setItems([machine.pop(), machine.pop()].reverse())], // SETITEM
  [0x75, (machine) => machine.setItems(machine.popToMark())], // SETITEMS
  [0x29, (machine) => machine.push([])], // EMPTY_TUPLE
  [0x74, (machine) => machine.push(machine.popToMark())], // TUPLE
  [0x85, (machine) => machine.tuple(1)], // TUPLE1
  [0x86, (machine) => machine.tuple(2)], // TUPLE2
  [0x87, (machine) => machine.tuple(3)], // TUPLE3
  [0x71, (machine, reader) => machine.remember(reader.byte())], // BINPUT
  [0x72, (machine, reader) => machine.remember(reader.view(4).getUint32(0, true))], // LONG_BINPUT
  [0x94, (machine) => machine.remember()], // MEMOIZE
  [0x68, (machine, reader) => machine.recall(reader.byte())], // BINGET
  [0x6a, (machine, reader) => machine.recall(reader.view(4).getUint32(0, true))], // LONG_BINGET
  [0x63, (machine, reader) => pushName(machine, reader, reader.line(), reader.line())], // GLOBAL
  [0x93, (machine, reader) => pushStackName(machine, reader)], // STACK_GLOBAL
  [0x51, (machine, reader) => machine.push(findStorage(machine.pop(), reader))], // BINPERSID
  [0x52, (machine, reader) => reduce(machine, reader)], // REDUCE
  [0x62, (machine) => machine.build()], // BUILD
]);

function checkProtocol(reader: ByteReader): void {
  const protocol = reader.byte();
  if (protocol <= HIGHEST_PROTOCOL) return;
  throw reader.error(`to have a pickle protocol of at most ${HIGHEST_PROTOCOL}`, `${protocol}`);
}

function pushStackName(machine: Machine, reader: ByteReader): void {
  const name = machine.pop();
  pushName(machine, reader, machine.pop(), name);
}

function reduce(machine: Machine, reader: ByteReader): void {
  const values = machine.pop();
  machine.push(call(machine.pop(), values, reader));
}
