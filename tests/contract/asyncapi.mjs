// Reads an AsyncAPI document from standard input and writes what the official parser says of it, as JSON.
import { createRequire } from 'node:module';
const require = createRequire(process.env.INSTALLED + '/package.json');
const { Parser } = require('@asyncapi/parser');
let text = '';
for await (const chunk of process.stdin) text += chunk;
const { document, diagnostics } = await new Parser().parse(text);
console.log(JSON.stringify({
  understood: document !== undefined,
  channels: document ? document.channels().all().map((each) => each.id()) : [],
  messages: document ? document.components().messages().all().map((each) => each.id()) : [],
  said: diagnostics.map((each) => ({ code: each.code, severity: each.severity, message: each.message, path: each.path.join('.') })),
}));
