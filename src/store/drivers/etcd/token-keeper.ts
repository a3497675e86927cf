/** Keeps the token that calls are made with, and gets another one when the server no longer takes it. */
export class TokenKeeper {
  readonly #authenticate: (() => Promise<string | undefined>) | undefined;
  #token: string | undefined = undefined;
  #renewing: Promise<void> | undefined = undefined;

  /** `authenticate` gets a token, or none where the server wants none; without it there are no credentials. */
  constructor(authenticate: (() => Promise<string | undefined>) | undefined) {
    this.#authenticate = authenticate;
  }

  get token(): string | undefined {
    return this.#token;
  }

  get canRenew(): boolean {
    return this.#authenticate !== undefined;
  }

  /** Gets another token, once for all who ask meanwhile. */
  async renew(): Promise<void> {
    this.#renewing ??= this.#get().finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
  }

  async #get(): Promise<void> {
    this.#token = await this.#authenticate?.();
  }
}
