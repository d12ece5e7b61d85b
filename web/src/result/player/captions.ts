import type { Utterance } from "../data/documents";

const PAGE_LETTERS = 84;

/** The part of what somebody says that is shown at a time: as much as fits on two lines, around the word being spoken. */
export function captionAt(said: Utterance, timeS: number): string {
  const words = said.words.length > 0 ? said.words.map((word) => word[2].trim()) : said.text.split(/\s+/);
  const spoken = said.words.length > 0 ? countSpoken(said, timeS) : shareSpoken(said, timeS, words.length);
  let page: string[] = [];
  let letters = 0;
  for (const [at, word] of words.entries()) {
    if (letters > 0 && letters + 1 + word.length > PAGE_LETTERS) {
      if (at > spoken) break;
      page = [];
      letters = 0;
    }
    page.push(word);
    letters += (letters > 0 ? 1 : 0) + word.length;
  }
  return page.join(" ");
}

/** The number of the word that is being spoken. */
function countSpoken(said: Utterance, timeS: number): number {
  let spoken = 0;
  for (const [start] of said.words) {
    if (start > timeS) break;
    spoken += 1;
  }
  return Math.max(0, spoken - 1);
}

function shareSpoken(said: Utterance, timeS: number, count: number): number {
  const length = Math.max(said.end_s - said.start_s, 1e-3);
  return Math.min(count - 1, Math.floor((count * (timeS - said.start_s)) / length));
}
