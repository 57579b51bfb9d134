/** What an input that may lose data before it can see it also offers (UDP: `crumbtrail_udp_dropped_total`). */
export interface Lossy {
  /** Datagrams the kernel dropped since start because the receive buffer was full; undefined where it does not tell. */
  kernelDrops(): number | undefined;
}

/** Whether a component knows what the kernel lost. */
export function isLossy(component: object): component is Lossy {
  return "kernelDrops" in component;
}
