// Chance that can be had again: a generator of numbers from a seed, and what is drawn with it.

/** A source of numbers that are the same for the same seed (Mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end) => Math.floor(next() * end);
  return {
    below,
    chance: (share) => next() < share,
    pick: (items) => items[below(items.length)],
    some: (items, most) => {
      const left = [...items];
      const taken = [];
      while (taken.length < most && left.length > 0) {
        taken.push(...left.splice(below(left.length), 1));
      }
      return taken;
    },
  };
}
