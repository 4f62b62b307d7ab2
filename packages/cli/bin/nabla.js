#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The command `nabla`, as npm installs it.
import '../dist/main.js';
