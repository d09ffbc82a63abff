/* No text is missing in a language, unused, or filled in differently in one of them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { words } from "../src/i18n/words/index.ts";

const SOURCE = join(import.meta.dirname, "../src");
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter(
  (name) => /\.tsx?$/.test(name) && !name.includes("words"),
);
const source = files.map((name) => readFileSync(join(SOURCE, name), "utf8")).join("\n");
const all = Object.entries(words);

/** What is left of a text without what is filled in. */
const bare = (text: string) => text.replace(/\{[^}]*\}/g, "");

test("every text is there in both languages", () => {
  for (const [key, [english, japanese]] of all) {
    assert.ok(english.trim(), `${key} says nothing in English`);
    assert.ok(japanese.trim(), `${key} says nothing in Japanese`);
    const names = english === japanese || !/[a-z]/i.test(bare(japanese)); // of protocols, or nothing but what is filled in
    assert.ok(/[぀-ヿ一-鿿]/.test(japanese) || names, `${key} is not Japanese`);
  }
});

test("both languages fill in the same", () => {
  const filled = (text: string) =>
    [...new Set([...text.matchAll(/\{(\w+)/g)].map((found) => found[1]))].sort();
  for (const [key, [english, japanese]] of all) {
    assert.deepEqual(filled(english), filled(japanese), key);
  }
});

test("every text is used", () => {
  const families = [...source.matchAll(/tOf\(["`]([\w.-]+?)\.?["`$]/g)].map((found) => `${found[1]}.`);
  const unused = all
    .map(([key]) => key)
    .filter((key) => !source.includes(`"${key}"`) && !families.some((family) => key.startsWith(family)));
  assert.deepEqual(unused, []);
});

test("every text that is asked for is there", () => {
  const asked = [...source.matchAll(/\bt\(\s*"([\w. -]+)"/g)].map((found) => found[1] ?? "");
  assert.ok(asked.length > 300);
  assert.deepEqual(
    asked.filter((key) => !Object.hasOwn(words, key)),
    [],
  );
});

test("no page says a word of its own", () => {
  const texts = [...source.matchAll(/>\s*([A-Z][a-z]+ [a-z][^<>{}]*)</g)].map((found) => found[1]);
  assert.deepEqual(texts, []);
});
