/** What an input that follows files tells of them. */
export interface FileCounts {
  /** Files followed now. */
  readonly followed: number;
  /** Of these, open now. */
  readonly open: number;
  /** Bytes written and not read yet, when they were last looked at. */
  readonly lagBytes: number;
  /** Bytes that were gone before they were read, as far as that can be told. */
  readonly lostBytes: number;
  /** Files that were cut while they were followed. */
  readonly truncations: number;
}

/** What an input that follows files also offers. */
export interface Following {
  fileCounts(): FileCounts;
}

/** Whether a component follows files. */
export function isFollowing(component: object): component is Following {
  return "fileCounts" in component;
}
