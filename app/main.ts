#!/usr/bin/env node
process.stdout.write('plumbline\n');
