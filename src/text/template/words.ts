// Vocabulary of the masks. Every list is about a kind of word, none about a product's messages.

/** Names whose digits are part of the name, in lower case. */
export const NAMES_WITH_DIGITS: ReadonlySet<string> = new Set(
  `utf8 utf16 utf32 utf-8 utf-16 utf-32 utf8mb4 iso8859 iso-8859 latin1 windows-1252 base16 base32 base58 base64 base64url
  sha1 sha2 sha3 sha224 sha256 sha384 sha512 sha-1 sha-2 sha-256 sha-384 sha-512 md4 md5 crc16 crc32 crc32c crc64 ripemd160 blake2 blake2b blake3
  aes128 aes192 aes256 aes-128 aes-192 aes-256 3des rc4 chacha20 poly1305 curve25519 ed25519 x25519 secp256k1 rsa2048 rsa4096 x509 pkcs1 pkcs7 pkcs8
  pkcs11 pkcs12 p12 ipv4 ipv6 ip4 ip6 inet6 tcp4 tcp6 udp4 udp6 icmpv6 dhcpv4 dhcpv6 dhcp4 dhcp6 http1 http2 http3 h1 h2 h2c h3 tls1 ssl2 ssl3 sslv2
  sslv3 tlsv1 oauth1 oauth2 saml2 ntlmv2 smb2 smb3 nfs3 nfs4 nfsv3 nfsv4 pop3 imap4 imap4rev1 mp3 mp4 h264 h265 av1 vp8 vp9 mpeg2 mpeg4 i2c i3c pci-e
  int8 int16 int32 int64 int128 uint8 uint16 uint32 uint64 uint128 float16 float32 float64 bfloat16 decimal128 i8 i16 i32 i64 u8 u16 u32 u64 f32 f64
  x86 x64 x86_64 x86-64 i386 i486 i586 i686 amd64 arm64 arm32 armv6 armv7 armv8 armhf aarch64 ppc64 ppc64le s390x riscv64 mips64 loong64 sparc64
  ia32 ia64 win32 win64 wow64 linux32 linux64 elf32 elf64 ext2 ext3 ext4 fat12 fat16 fat32 btrfs raid0 raid1 raid5 raid6 raid10 jbd2 zlib1 bzip2 lz4
  lzo1x lz77 bz2 gzip2 7z mp2 ogg2 l1 l2 l3 l4 l7 p50 p75 p90 p95 p99 p999 4xx 5xx 3xx 2xx 1xx 2d 3d e2e b2b b2c p2p c2c s3 ec2 k8s k3s ssh1 ssh2 g1 i18n
  l10n a11y web3 es5 es6 es2015 python2 python3 perl5 ruby2 php5 php7 php8 log4j log4j2 slf4j j2ee c99 c11 c++11 gtk3 gtk4 qt5 qt6 v4l2 v8 db2 sqlite3
  libuv1 openssl3 neo4j d3 h5 hdf5 fp16 fp32 ps2 usb2 usb3 wpa2 wpa3 802.1x`.split(/\s+/),
);

/** Words that announce the name of a user. */
export const USER_WORDS: ReadonlySet<string> = new Set(["user", "username", "login", "logname", "userid"]);

/** Words that announce one together with a following "for": "password for root". */
export const CREDENTIAL_WORDS: ReadonlySet<string> = new Set([
  "password", "publickey", "key", "session", "authentication", "auth", "login", "logon", "logout", "ticket", "none", "hostbased",
  "interactive/pam", "interactive", "keyboard-interactive/pam", "gssapi-with-mic", "credentials", "token", "sudo", "su", "privileges",
]); // prettier-ignore

/** What may stand after {@link USER_WORDS} and {@link CREDENTIAL_WORDS} without being a name. */
export const NO_USER_NAME: ReadonlySet<string> = new Set(
  `a an the this that these those any no none not all each every some my your its his her their other another same new old
  is are was were be been being has have had do does did can cannot could may might must shall should will would and or but nor if
  in on at to from for of by as with without within into onto over under via per than then because since until while after before during
  user users username login logins logname name names id ids uid gid group groups agent agents data input output request requests response session
  sessions account accounts authentication auth authorization login logged log logs logout space mode info information interface interfaces defined
  error errors failure failures profile profiles role roles service services setting settings permission permissions password passwords token tokens
  created create updated update deleted delete removed remove added add authenticated disconnected connected connection connections signed registered
  tried attempted attempt attempts failed fails succeeded accepted rejected denied unknown invalid illegal missing found exists action actions manager
  list lists lookup key keys context cancelled canceled aborted closed opened terminated expired timed timeout quota limit limits code codes event events
  preference preferences record records entry entries store cache process processes thread threads credential credentials table query host hosts server
  database file files directory path url address activity activated deactivated locked unlocked changed change initiated requested interrupted left joined
  object objects entity entities model controller type types field fields value values count number provider directive function method
  level levels home shell desktop experience story stories manual guide pool source class classes code namespace slice unit daemon instance`
    .split(/\s+/)
    .filter((word) => word !== ""),
);

/** Words before a clock that say how long something took rather than when it was. */
export const ELAPSED_WORDS: ReadonlySet<string> = new Set(
  "took after lifetime elapsed uptime duration runtime for in within remaining left age since".split(" "),
);

/** Units that may stand after a number and a blank. */
export const TIME_UNITS: ReadonlySet<string> = new Set(
  "ns nsec nanosecond nanoseconds us µs μs usec usecs microsecond microseconds ms msec msecs milli millis millisecond milliseconds s sec secs second seconds min mins minute minutes h hr hrs hour hours day days week weeks".split(
    " ",
  ),
);
export const SIZE_UNITS: ReadonlySet<string> = new Set(
  "b byte bytes kb kbytes kib mb mbytes mib gb gbytes gib tb tib pb pib kilobytes megabytes gigabytes".split(" "),
);

/** Keys whose quoted value is the message itself and not a parameter of it. */
export const MESSAGE_KEYS: ReadonlySet<string> = new Set([
  "msg", "message", "error", "err", "reason", "cause", "event", "description", "desc", "detail", "details", "exception",
]); // prettier-ignore

/** Keys whose value, when it is one plain word, says what kind of message it is. */
export const KIND_KEYS: ReadonlySet<string> = new Set([
  ...MESSAGE_KEYS, "level", "lvl", "severity", "status", "state", "result", "action",
]); // prettier-ignore

/** Last labels by which a dotted lower-case word is a host and not a package or a file. */
export const HOST_ENDINGS: ReadonlySet<string> = new Set(
  `com net org edu gov mil int info biz io dev app cloud ai co me tv eu de uk fr nl it es pl se no fi dk ch at be pt cz ru ua cn jp kr in au nz ca us br mx ar
  za xyz site online cloud local localdomain internal intranet lan corp home arpa svc test example invalid`.split(/\s+/),
);
