/* Sizes, spans and texts with numbers, in both languages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, readSize, size, span, typed } from "../src/i18n/format.ts";
import { filled, language } from "../src/i18n/index.ts";
import { ceiling } from "../src/parts/scale.ts";

const MB = 1024 * 1024;

test("a size is read back as it is written", () => {
  for (const octets of [0, 1, 1000, 1023, 1024, 5 * MB, 1536 * MB, 2 ** 40, 7])
    assert.equal(readSize(typed(octets)), octets);
});

test("sizes are read as people type them", () => {
  const table: [string, number | null][] = [
    ["50M", 50 * MB],
    ["50 mb", 50 * MB],
    ["50MiB", 50 * MB],
    ["1.5G", 1536 * MB],
    ["５０Ｍ", 50 * MB],
    ["0", 0],
    ["", null],
    ["M", null],
    ["-1", null],
    ["5 apples", null],
    ["1e9", null],
  ];
  for (const [text, octets] of table) assert.equal(readSize(text), octets, text);
});

test("numbers are said by their number", () => {
  const text = "{n|# letter|# letters} for {who}";
  assert.equal(filled(text, { n: 1, who: "Mia" }, "en"), "1 letter for Mia");
  assert.equal(filled(text, { n: 1200, who: "Mia" }, "en"), "1,200 letters for Mia");
  assert.equal(filled("{n} 通", { n: 1200 }, "ja"), "1,200 通");
  assert.equal(filled("{unknown} stays", {}, "en"), "{unknown} stays");
  assert.equal(filled("{who}", { who: "{n} $& <b>" }, "en"), "{n} $& <b>");
});

test("times and sizes are said in the reader's language", () => {
  assert.equal(span(3 * 86_400 + 4 * 3600 + 59), "3 days 4 hours");
  assert.equal(span(0), "0 seconds");
  assert.equal(ago(0, 60), "1 minute ago");
  assert.equal(size(5 * MB), "5 MB");
  language.set("ja");
  assert.equal(span(86_400 + 3600), "1 日1 時間");
  assert.equal(ago(0, 60), "1 分前");
  language.set("en");
});

test("the top of a graph is a round number that holds everything", () => {
  for (const value of [0, 1, 3, 4, 5, 7, 11, 99, 100, 101, 950, 12_345]) {
    const top = ceiling(value);
    assert.ok(top >= value && top >= 1 && top <= Math.max(4, value * 2.5), `${value} ${top}`);
  }
});
