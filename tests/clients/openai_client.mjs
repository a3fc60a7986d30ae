// OpenAI's own JavaScript client against a running stack: node openai_client.mjs DATA_FOLDER
// Needs `npm install openai` in the folder that this file is run from.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import OpenAI from "openai";

const stack = JSON.parse(readFileSync(`${process.argv[2] ?? ".local"}/stack.json`, "utf8"));
const client = new OpenAI({ baseURL: `${stack.gateway}/v1`, apiKey: stack.api_key, maxRetries: 0 });
const messages = [{ role: "user", content: "How often must the shaft seal of the P-40 be replaced?" }];

const ids = [];
for await (const model of await client.models.list()) ids.push(model.id);
assert(ids.includes(stack.chatbot_id));

const answer = await client.chat.completions.create({ model: stack.chatbot_id, messages });
assert.match(answer.choices[0].message.content, /8,000 operating hours/);
assert.equal(answer.choices[0].message.annotations[0].type, "url_citation");

const stream = await client.chat.completions.create({ model: stack.chatbot_id, messages, stream: true });
let text = "";
for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
assert.equal(text, answer.choices[0].message.content);

const helped = await client.chat.completions.stream({ model: stack.chatbot_id, messages }).finalChatCompletion();
assert.equal(helped.choices[0].message.content, text);

const vectors = await client.embeddings.create({ model: ids.at(-1), input: ["a pump", "a contract"] });
assert.equal(vectors.data.length, 2);
assert(vectors.data[0].embedding.length > 100);

await assert.rejects(
  client.chat.completions.create({ model: "none-such", messages }),
  (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found",
);
console.log("OpenAI's JavaScript client: all well");
