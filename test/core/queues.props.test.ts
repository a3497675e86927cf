import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { Deque } from "../../src/core/deque.js";
import { CountedList } from "../../src/core/counted-list.js";
import { ListNode } from "../../src/core/list.js";

class Place extends ListNode {
  readonly id: number;

  constructor(id: number) {
    super();
    this.id = id;
  }
}

const act = fc.constantFrom("push", "shift", "peek", "clear");

describe("Deque", () => {
  test.prop([fc.array(act, { size: "large" })])("does what an array does", (acts) => {
    const deque = new Deque<number>();
    const model: number[] = [];
    for (const [value, name] of acts.entries()) {
      switch (name) {
        case "push":
          deque.push(value);
          model.push(value);
          break;
        case "shift":
          expect(deque.shift()).toBe(model.shift());
          break;
        case "clear":
          if (value % 7 !== 0) break;
          deque.clear();
          model.length = 0;
          break;
        case "peek":
      }
      expect(deque.length).toBe(model.length);
      expect(deque.peek()).toBe(model[0]);
    }
    expect(Array.from(model, () => deque.shift())).toEqual(model);
    expect(deque.shift()).toBeUndefined();
  });
});

describe("List", () => {
  test.prop([fc.array(fc.tuple(fc.constantFrom("push", "shift", "unlink"), fc.nat(20)))])(
    "does what an array does",
    (acts) => {
      const list = new CountedList<Place>();
      const model: Place[] = [];
      for (const [id, [name, which]] of acts.entries()) {
        if (name === "push") {
          const place = new Place(id);
          list.push(place);
          model.push(place);
        } else if (name === "shift") {
          expect(list.shift()).toBe(model.shift());
        } else {
          const [place] = model.splice(which % Math.max(1, model.length), 1);
          place?.unlink();
          place?.unlink();
          expect(place?.list).toBeUndefined();
        }
        const walked: Place[] = [];
        for (let at = list.first; at !== undefined; at = at === list.last ? undefined : (at.next as Place))
          walked.push(at);
        expect(walked).toEqual(model);
        expect([list.first, list.last, list.length]).toEqual([model[0], model.at(-1), model.length]);
      }
    },
  );
});
