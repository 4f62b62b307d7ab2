// SPDX-License-Identifier: Apache-2.0
// Tiny Shakespeare: 40,000 lines of the plays, the usual text of small character models.

import type { TextEntry } from '../entry.ts';

export const tinyshakespeare: TextEntry = {
  name: 'tinyshakespeare',
  title: '40,000 lines of Shakespeare, 65 characters',
  kind: 'text',
  license: 'public domain',
  homepage: 'https://github.com/karpathy/char-rnn/tree/master/data/tinyshakespeare',
  files: [
    {
      name: 'input.txt',
      bytes: 1115394,
      sha256: '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed',
      addresses: ['https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt'],
    },
  ],
};
