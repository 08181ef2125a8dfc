/** What a failure of restic means, and what a person does about it. */
export interface Cause {
  readonly kind:
    | "key"
    | "bucket"
    | "full"
    | "disk"
    | "clock"
    | "rights"
    | "address"
    | "tls"
    | "password"
    | "missing"
    | "locked"
    | "damaged"
    | "source";
  readonly what: string;
  readonly todo: string;
}

/** Where the backups are, as far as words need it. */
export interface Place {
  readonly endpoint: string;
  readonly bucket: string;
  readonly keyIdSecret: string;
  readonly keySecret: string;
  readonly passwordSecret: string;
}

type Line = readonly [pattern: RegExp, cause: (place: Place) => Cause];

/**
 * What the store says where asking again is of no use. restic asks for a quarter of an hour all the same, so the words are recognised as they
 * come. Each is the message of S3's own error, or of a server that speaks S3 in its place.
 */
const HOPELESS: readonly Line[] = [
  [
    /No user exists with the provided access key|Access Key Id you provided does not exist|InvalidAccessKeyId|Credential access key has length/i,
    ({ endpoint, keyIdSecret }) => ({
      ...{ kind: "key", what: `${endpoint} does not know the access key in the secret '${keyIdSecret}'.` },
      todo: `Look the key up where the store keeps it, then: npm run pulumi -- config set --secret --path 'sluice:secrets.${keyIdSecret}', and npm start`,
    }),
  ],
  [
    /request signature we calculated does not match|SignatureDoesNotMatch/i,
    ({ endpoint, keyIdSecret, keySecret }) => ({
      ...{
        kind: "key",
        what: `${endpoint} refuses the secret key in '${keySecret}': it is not the one of the access key in '${keyIdSecret}'.`,
      },
      todo: `Make a new pair of keys where the store keeps them, then: npm run pulumi -- config set --secret --path 'sluice:secrets.${keySecret}', and npm start`,
    }),
  ],
  [
    /difference between the request time and the (?:current|server's) time is too large|RequestTimeTooSkewed/i,
    ({ endpoint }) => ({
      ...{ kind: "clock", what: `The clock of this machine and that of ${endpoint} are too far apart, so every request is refused.` },
      todo: "Set the host's clock: timedatectl set-ntp true, then timedatectl until it says that it is synchronized",
    }),
  ],
  [
    /specified bucket does not exist|NoSuchBucket/i,
    ({ endpoint, bucket }) => ({
      ...{ kind: "bucket", what: `${endpoint} has no bucket '${bucket}'.` },
      todo: "Make the bucket, or put the name right in sluice:maintenance.backup.bucket. If it was there yesterday, somebody has deleted the backups: ask the store's owner before anything else",
    }),
  ],
  [
    /(?:write|open|mkdir|truncate|sync) \/\S*: no space left on device/i,
    () => ({
      ...{ kind: "disk", what: "The host's disk is full: restic has no room for what it is about to send." },
      todo: "Free some: docker system df shows what Docker holds, npm run job -- history the jobs' own",
    }),
  ],
  [
    /No space left on device|QuotaExceeded|quota (?:has been |is )?exceeded|InsufficientCapacity|InsufficientStorage|Storage (?:reached|backend has reached)|XMinioStorageFull|DiskFull|507 Insufficient/i,
    ({ bucket }) => ({
      ...{
        kind: "full",
        what: `The bucket '${bucket}' is full: nothing more can be written to it. What is in it is safe, and can be restored.`,
      },
      todo: "Raise the store's limit, or keep fewer backups (sluice:maintenance.backup.keep). Then run the job again",
    }),
  ],
  [
    /Access ?Denied|AllAccessDisabled|not authorized to perform/i,
    ({ bucket, keyIdSecret }) => ({
      ...{
        kind: "rights",
        what: `The key in '${keyIdSecret}' may not do in the bucket '${bucket}' what a backup needs: read, list, write and delete objects.`,
      },
      todo: "Give the key these rights where the store keeps it",
    }),
  ],
  [
    /no such host|server misbehaving/i,
    ({ endpoint }) => ({
      ...{ kind: "address", what: `The name in ${endpoint} is not known here.` },
      todo: "Put it right in sluice:maintenance.backup.endpoint, or see whether the host can look up names",
    }),
  ],
  [
    /x509:|tls: |certificate (?:is not|has expired|signed by)|server gave HTTP response to HTTPS client/i,
    ({ endpoint }) => ({
      ...{ kind: "tls", what: `The certificate of ${endpoint} is not to be trusted, or it does not speak TLS.` },
      todo: "See sluice:maintenance.backup.endpoint, and the certificate there. Nothing is sent past a certificate that is not right",
    }),
  ],
];

/** What a line of restic's means where going on is of no use. */
export function hopeless(line: string, place: Place): Cause | undefined {
  return HOPELESS.find(([pattern]) => pattern.test(line))?.[1](place);
}

/** Exit codes of restic that have a meaning of their own. */
const NO_REPOSITORY = 10;
const LOCKED = 11;
const WRONG_PASSWORD = 12;

/** Why restic ended as it did; nothing where only its own words say it. */
export function causeOf(code: number, said: string, place: Place): Cause | undefined {
  if (code === WRONG_PASSWORD || /wrong password or no key found/.test(said))
    return {
      ...{ kind: "password", what: `The password in the secret '${place.passwordSecret}' does not open the backups.` },
      todo: `Put back the password that they were made with: without it nobody can read them. npm run pulumi -- config set --secret --path 'sluice:secrets.${place.passwordSecret}', and npm start`,
    };
  if (code === NO_REPOSITORY)
    return {
      ...{ kind: "missing", what: `There are no backups in the bucket '${place.bucket}' at this prefix.` },
      todo: "See sluice:maintenance.backup.bucket and prefix; if they are right, somebody has deleted the backups",
    };
  if (code === LOCKED)
    return {
      ...{ kind: "locked", what: "Somebody else is at work in the backups, or died in it less than half an hour ago." },
      todo: "Wait half an hour and run the job again: a lock that nobody renews is taken away then",
    };
  const known = hopeless(said, place);
  if (known !== undefined) return known;
  if (
    /ciphertext verification failed|repository contains errors|Damaged pack|unexpected pack id|invalid data returned|pack .* does not exist/i.test(
      said,
    )
  )
    return {
      ...{ kind: "damaged", what: "Stored backups are damaged: they are not what was written." },
      todo: 'Delete nothing. Follow "The store is damaged" in docs/backups.md today: what the damage is in, cannot be restored',
    };
  const dump = /command failed: (.*?)["}\n]/.exec(said);
  if (dump)
    return {
      ...{ kind: "source", what: `The database could not be read (pg_dump: ${dump[1]}).${lastOf(said, /^subprocess [^:]+: (.*)$/gm)}` },
      todo: "See what pg_dump says, and whether Postgres answers: npm run status",
    };
  return undefined;
}

const lastOf = (text: string, pattern: RegExp): string => {
  const found = [...text.matchAll(pattern)].map(([, words]) => words).slice(-2);
  return found.length === 0 ? "" : ` It says: ${found.join(" ")}`;
};

/** restic's own last words, without its JSON and its progress. */
export function lastWords(stderr: string): string {
  const lines = stderr
    .replaceAll("\u001b[2K", "")
    .split("\n")
    .flatMap((line) => {
      if (!line.startsWith("{")) return [line.trim()];
      try {
        const { message, error } = JSON.parse(line) as { message?: string; error?: { message?: string } };
        return [message ?? error?.message ?? ""].map((text) => text.trim());
      } catch {
        return [line];
      }
    })
    .filter((line) => line !== "" && !line.startsWith("Is there a repository") && !line.startsWith("s3:"));
  return lines.slice(-3).join(" ").slice(0, 600) || "it said nothing";
}
