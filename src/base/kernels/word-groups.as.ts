/**
 * Words in groups, in AssemblyScript, a part of `words.as.ts`: which groups a text has, in one table and without branches
 * on its words; and the groups of several texts together.
 */

/** By word: its group, 0 = none. */
let groupOf: usize = 0;
/** By group: its place among the groups of the text that was grouped last + 1, 0 = not there; and room for so many. */
let placeOf: usize = 0;
let groupRoom: usize = 0;
/** By group: how many of the texts that were added up have it; and the groups these have, each once. */
let textsOf: usize = 0;
let summed: usize = 0;
let summedBytes: usize = 0;
/** The groups of the text that was grouped last, the first word of each, and how often each appears: lists of `stride`. */
let lists: usize = 0;
let stride: usize = 0;
let groups: usize = 0;
let grouped: i32 = 0;
let headGroups: i32 = 0;

/** Makes room for the groups of so many words, of which those of the first `known` are known. */
export function makeWordRoom(words: usize, known: usize): void {
  const earlier = groupOf;
  groupOf = heap.alloc(4 * words);
  memory.fill(groupOf, 0, 4 * words);
  if (earlier != 0) memory.copy(groupOf, earlier, 4 * known);
}

/** Makes room for lists of the groups of so many words. */
export function makeListRoom(words: usize): void {
  forget();
  lists = heap.alloc(3 * 4 * (words + 1));
}

/** Puts a word into a group, from 1; 0 takes it out of all. */
export function setGroup(word: i32, group: i32): void {
  store<i32>(groupOf + 4 * usize(word), group);
  if (usize(group) < groupRoom) return;
  forget();
  const oldBytes = 4 * groupRoom;
  const oldTexts = textsOf;
  const oldSummed = summed;
  groupRoom = max(1024, 2 * usize(group));
  const bytes = 4 * groupRoom;
  placeOf = heap.alloc(bytes);
  textsOf = heap.alloc(bytes);
  summed = heap.alloc(bytes + 4);
  memory.fill(placeOf, 0, bytes);
  memory.fill(textsOf, 0, bytes);
  if (oldBytes == 0) return;
  memory.copy(textsOf, oldTexts, oldBytes);
  memory.copy(summed, oldSummed, summedBytes);
}

/** Forgets which groups the last text had. */
function forget(): void {
  for (let at: usize = 0; at < groups; at += 4) store<i32>(placeOf + 4 * usize(load<i32>(lists + at)), 0);
  groups = 0;
}

/**
 * Lists the distinct groups of the first `count` words at `ids` in the order in which they first appear, at `listsAt`: the
 * groups, the first word of each, how often each appears, each list `count` + 1 long. Returns how many groups there are.
 * `head`: so many words in groups are the text's head.
 */
export function groupWords(ids: usize, count: i32, head: i32): i32 {
  forget();
  if (groupRoom == 0) setGroup(0, 0);
  stride = 4 * (usize(count) + 1);
  const first = lists;
  const words = lists + stride;
  const counts = words + stride;
  const groupsOfWords = groupOf;
  const marks = placeOf;
  const end = ids + 4 * usize(count);
  let at = ids;
  let next: usize = 0;
  let inHead: i32 = 0;
  // First a group's mark is how often it was met, and a group at 0 is new. That of no group is never at 0: so words of none
  // are never listed, only written to where the next group goes.
  store<i32>(marks, 1);
  for (; at < end && inHead < head; at += 4) {
    const group = load<i32>(groupsOfWords + 4 * usize(load<i32>(at)));
    next += meet(load<i32>(at), group, marks, first + next, words + next);
    inHead += i32(group != 0);
  }
  headGroups = i32(next >>> 2);
  for (; at < end; at += 4) {
    const group = load<i32>(groupsOfWords + 4 * usize(load<i32>(at)));
    next += meet(load<i32>(at), group, marks, first + next, words + next);
  }
  grouped = count + 1 - load<i32>(marks);
  store<i32>(marks, 0);
  // Then it is the group's place.
  for (let at: usize = 0; at < next; at += 4) {
    const mark = marks + 4 * usize(load<i32>(first + at));
    store<i32>(counts + at, load<i32>(mark));
    store<i32>(mark, i32(at >>> 2) + 1);
  }
  groups = next;
  return i32(next >>> 2);
}

/** Begins to add texts up. */
export function beginSum(): void {
  for (let at: usize = 0; at < summedBytes; at += 4) store<i32>(textsOf + 4 * usize(load<i32>(summed + at)), 0);
  summedBytes = 0;
}

/** Adds the text up that was grouped last. */
export function addToSum(): void {
  for (let at: usize = 0; at < groups; at += 4) {
    const group = load<i32>(lists + at);
    const texts = load<i32>(textsOf + 4 * usize(group));
    store<i32>(summed + summedBytes, group);
    store<i32>(textsOf + 4 * usize(group), texts + 1);
    summedBytes += usize(i32(texts == 0) << 2);
  }
}

/** Number of groups that texts added up have. */
export function summedGroups(): i32 {
  return i32(summedBytes >>> 2);
}

export function summedAt(): usize {
  return summed;
}

export function textsAt(): usize {
  return textsOf;
}

/** Writes down a word and its group; returns the bytes they take in the lists, none if the group was met before. */
@inline
function meet(word: i32, group: i32, marks: usize, first: usize, words: usize): usize {
  const mark = marks + 4 * usize(group);
  const met = load<i32>(mark);
  store<i32>(first, group);
  store<i32>(words, word);
  store<i32>(mark, met + 1);
  return 4 * usize(met == 0);
}

export function listsAt(): usize {
  return lists;
}

/** Address of the places of groups in the text that was grouped last, + 1; 0 = not there. */
export function placesAt(): usize {
  return placeOf;
}

export function placesRoom(): i32 {
  return i32(groupRoom);
}

/** How many words of the text grouped last are in groups, and how many groups its head has. */
export function groupedWords(): i32 {
  return grouped;
}
export function headSize(): i32 {
  return headGroups;
}
