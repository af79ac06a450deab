// SHA-256 (FIPS 180-4) of data that comes in pieces.
//
// The browser's own `crypto.subtle` is missing on pages served over plain http from another
// machine, as many Jupyter servers are, and it wants the whole file at once. This one works
// everywhere and goes along with the chunks; a chunk of 1 MiB takes a few milliseconds.

/** The first 32 bits of the fractional part of a root of each of the first `count` primes. */
function rootBits(count: number, root: (prime: number) => number): Uint32Array {
  const bits = new Uint32Array(count);
  let found = 0;
  for (let candidate = 2; found < count; candidate++) {
    let prime = true;
    for (let i = 2; i * i <= candidate; i++) if (candidate % i === 0) prime = false;
    if (prime) bits[found++] = (root(candidate) % 1) * 2 ** 32;
  }
  return bits;
}

const K = rootBits(64, Math.cbrt);
const INITIAL = rootBits(8, Math.sqrt);
const BLOCK = 64;

export class Sha256 {
  private readonly state = INITIAL.slice();
  private readonly block = new Uint8Array(BLOCK);
  private readonly words = new Uint32Array(64);
  private length = 0;

  update(data: Uint8Array): this {
    let at = 0;
    let filled = this.length % BLOCK;
    this.length += data.length;
    while (at < data.length) {
      if (filled === 0 && data.length - at >= BLOCK) {
        this.compress(data, at);
        at += BLOCK;
        continue;
      }
      const take = Math.min(BLOCK - filled, data.length - at);
      this.block.set(data.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled === BLOCK) {
        this.compress(this.block, 0);
        filled = 0;
      }
    }
    return this;
  }

  /** Hexadecimal digest; the object cannot be used afterwards. */
  digest(): string {
    const bits = this.length * 8;
    const padding = new Uint8Array(((this.length + 9 + BLOCK - 1) & -BLOCK) - this.length);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padding.length - 4, bits % 2 ** 32);
    this.update(padding);
    return Array.from(this.state, (word) => word.toString(16).padStart(8, "0")).join("");
  }

  private compress(data: Uint8Array, at: number): void {
    const w = this.words;
    for (let i = 0; i < 16; i++) {
      const j = at + 4 * i;
      w[i] = (data[j] << 24) | (data[j + 1] << 16) | (data[j + 2] << 8) | data[j + 3];
    }
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15];
      const b = w[i - 2];
      const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
      const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = this.state;
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const choice = (e & f) ^ (~e & g);
      const first = (h + s1 + choice + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const majority = (a & b) ^ (a & c) ^ (b & c);
      h = g;
      g = f;
      f = e;
      e = (d + first) | 0;
      d = c;
      c = b;
      b = a;
      a = (first + s0 + majority) | 0;
    }
    const s = this.state;
    s[0] += a;
    s[1] += b;
    s[2] += c;
    s[3] += d;
    s[4] += e;
    s[5] += f;
    s[6] += g;
    s[7] += h;
  }
}
