/* Passkeys: what the browser's WebAuthn needs, as JSON from and to the server. */

export const possible = (): boolean =>
  typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/** Ask the device for a passkey that opens. */
export async function present(options: PublicKeyCredentialRequestOptionsJSON): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const found = await navigator.credentials.get({ publicKey });
  return (found as PublicKeyCredential).toJSON();
}

/** Have the device make a new one. */
export async function create(options: PublicKeyCredentialCreationOptionsJSON): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const made = await navigator.credentials.create({ publicKey });
  return (made as PublicKeyCredential).toJSON();
}
