/** What an input that listens also offers, besides being a Component. */
export interface Listening {
  /** Bound addresses once started: "tcp:127.0.0.1:12201". With port 0 this is where the real port is found. */
  readonly addresses: readonly string[];
}

/** Whether a component listens. */
export function isListening(component: object): component is Listening {
  return "addresses" in component;
}
