// Lines as real programs print them, in groups that were made by one statement each. Values are changed, shapes are not.
// Sources: Linux 6 kernel, OpenSSH, cron, dpkg, systemd, sudo, nginx, PostgreSQL, Redis, Kafka, ZooKeeper, Spring Boot,
// the JVM's garbage collector, Django, Celery, gunicorn, express, pm2, etcd, kubelet, Docker, Go and logfmt services.

export const CORPUS: Readonly<Record<string, readonly string[]>> = {
  kernelMount: [
    "EXT4-fs (vda1): mounted filesystem 5f3c1a2b-9d8e-4f70-a1b2-c3d4e5f60718 r/w with ordered data mode. Quota mode: none.",
    "EXT4-fs (sdb3): mounted filesystem 0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9 r/w with ordered data mode. Quota mode: none.",
  ],
  kernelUsb: [
    "usb 1-1: new high-speed USB device number 2 using xhci_hcd",
    "usb 2-1.4: new high-speed USB device number 11 using xhci_hcd",
    "usb 1-1.4.2: new high-speed USB device number 7 using xhci_hcd",
  ],
  kernelOom: [
    "Out of memory: Killed process 4711 (java) total-vm:8234512kB, anon-rss:4012340kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:9012kB oom_score_adj:0",
    "Out of memory: Killed process 93 (node) total-vm:912344kB, anon-rss:40123kB, file-rss:12kB, shmem-rss:0kB, UID:0 pgtables:512kB oom_score_adj:999",
  ],
  kernelUfw: [
    "[UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:00:1a:2b:3c:4d:5e:08:00 SRC=203.0.113.7 DST=10.0.0.5 LEN=40 TOS=0x00 PREC=0x00 TTL=241 ID=54321 PROTO=TCP SPT=43210 DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0",
    "[UFW BLOCK] IN=ens3 OUT= MAC=52:54:00:ab:cd:ef:00:1a:2b:3c:4d:5e:08:00 SRC=198.51.100.23 DST=10.0.0.6 LEN=60 TOS=0x08 PREC=0x20 TTL=52 ID=0 PROTO=TCP SPT=5123 DPT=22 WINDOW=65535 RES=0x00 SYN URGP=0",
  ],
  kernelPci: [
    "pci 0000:00:1f.2: [8086:2922] type 00 class 0x010601",
    "pci 0000:00:02.0: [1af4:1041] type 00 class 0x020000",
    "pci 0000:00:03.0: [1af4:1042] type 00 class 0x018000",
  ],
  kernelSegfault: [
    "worker[2213]: segfault at 8 ip 000055d0c8a1f2b1 sp 00007ffd1c2b3a40 error 4 in worker[55d0c8a00000+1f000]",
    "nginx[31]: segfault at 7f3b2c ip 000056215da9447a sp 00007fffaa01bb10 error 6 in nginx[56215da00000+9d000]",
  ],
  sshAccepted: [
    "Accepted publickey for deploy from 10.0.0.5 port 51234 ssh2: ED25519 SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
    "Accepted publickey for root from 192.0.2.44 port 2202 ssh2: ED25519 SHA256:uNiVztksCsDhcc0u9e8BrQe4gkXhzPhUqvzYHgdNk+w",
    "Accepted publickey for alice from 2001:db8::17 port 40022 ssh2: ED25519 SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
  ],
  sshFailed: [
    "Failed password for root from 203.0.113.7 port 4242 ssh2",
    "Failed password for backup from 198.51.100.23 port 61012 ssh2",
    "Failed password for www-data from 203.0.113.9 port 1024 ssh2",
  ],
  sshFailedInvalid: [
    "Failed password for invalid user admin from 203.0.113.7 port 4242 ssh2",
    "Failed password for invalid user test01 from 198.51.100.23 port 61012 ssh2",
    "Failed password for invalid user oracle from 203.0.113.9 port 1024 ssh2",
  ],
  sshInvalid: ["Invalid user admin from 203.0.113.7 port 4242", "Invalid user pi from 198.51.100.23 port 61012"],
  sshDisconnect: [
    "Received disconnect from 10.0.0.5 port 51234:11: disconnected by user",
    "Received disconnect from 192.0.2.44 port 2202:11: disconnected by user",
  ],
  sshClosed: [
    "Connection closed by authenticating user root 203.0.113.7 port 4242 [preauth]",
    "Connection closed by authenticating user git 198.51.100.23 port 61012 [preauth]",
  ],
  pamOpened: [
    "pam_unix(sshd:session): session opened for user deploy(uid=1000) by (uid=0)",
    "pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)",
  ],
  pamFailure: [
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7  user=root",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=host-7.example.net  user=backup",
  ],
  cronCommand: [
    "(root) CMD (   cd / && run-parts --report /etc/cron.hourly)",
    "(root) CMD (   cd / && run-parts --report /etc/cron.daily)",
  ],
  dpkgStatus: [
    "2026-11-20 10:02:11 status installed libc6:amd64 2.36-9+deb12u10",
    "2026-11-20 10:02:12 status installed libssl3:amd64 3.0.17-1~deb12u2",
    "2026-11-20 10:02:12 status installed zlib1g:amd64 1:1.2.13.dfsg-1",
  ],
  systemdStarted: [
    "Started session-12.scope - Session 12 of User deploy.",
    "Started session-c3.scope - Session c3 of User root.",
  ],
  systemdExit: [
    "shop-worker@3.service: Main process exited, code=exited, status=1/FAILURE",
    "shop-worker@12.service: Main process exited, code=exited, status=137/n/a",
  ],
  systemdCpu: ["shop-worker@3.service: Consumed 1min 12.345s CPU time.", "shop-worker@12.service: Consumed 812ms CPU time."],
  sudo: [
    "  deploy : TTY=pts/0 ; PWD=/srv/shop ; USER=root ; COMMAND=/usr/bin/systemctl restart shop",
    "  deploy : TTY=pts/3 ; PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/systemctl restart shop",
  ],
  nginxRefused: [
    'connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.9, server: shop.example, request: "GET /a HTTP/1.1", upstream: "http://10.0.0.2:8080/a", host: "shop.example"',
    'connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.200, server: pay.example, request: "POST /charge?id=17 HTTP/2.0", upstream: "http://10.0.0.3:8080/charge?id=17", host: "pay.example"',
  ],
  nginxTimeout: [
    "upstream timed out (110: Connection timed out) while reading response header from upstream",
    "upstream timed out (60: Connection timed out) while reading response header from upstream",
  ],
  nginxMissing: [
    'open() "/srv/html/missing.html" failed (2: No such file or directory)',
    'open() "/srv/html/mi ss"ing.html" failed (2: No such file or directory)',
    'open() "/usr/share/nginx/html/favicon.ico" failed (2: No such file or directory)',
  ],
  nginxLimit: ['limiting requests, excess: 1.987 by zone "one"', 'limiting requests, excess: 20.100 by zone "login"'],
  nginxBody: ["client intended to send too large body: 2000 bytes", "client intended to send too large body: 10485761 bytes"],
  accessLog: [
    '10.0.0.9 - - [02/Jan/2026:03:04:05 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8.5.0"',
    '2001:db8::17 - - [12/Aug/2026:17:00:43 +0200] "GET /orders?id=7 HTTP/2.0" 200 10240 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"',
  ],
  accessLogUser: [
    '203.0.113.7 - alice [12/Aug/2026:17:00:43 +0200] "POST /orders?id=7 HTTP/2.0" 502 0 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"',
    '203.0.113.9 - bob [12/Aug/2026:17:00:44 +0200] "POST /orders HTTP/2.0" 201 12 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"',
  ],
  postgresDuplicate: [
    'ERROR:  duplicate key value violates unique constraint "orders_pkey"',
    'ERROR:  duplicate key value violates unique constraint "users_email_key"',
  ],
  postgresCheckpoint: [
    "checkpoint complete: wrote 44 buffers (0.3%); 0 WAL file(s) added, 0 removed, 0 recycled; write=4.312 s, sync=0.021 s, total=4.345 s; sync files=11, longest=0.009 s, average=0.002 s; distance=271 kB, estimate=271 kB",
    "checkpoint complete: wrote 16012 buffers (97.7%); 1 WAL file(s) added, 3 removed, 12 recycled; write=269.914 s, sync=1.102 s, total=271.3 s; sync files=312, longest=0.311 s, average=0.004 s; distance=527123 kB, estimate=530112 kB",
  ],
  postgresDuration: [
    "duration: 1203.412 ms  statement: SELECT * FROM orders WHERE id = 17",
    "duration: 15.001 ms  statement: SELECT * FROM orders WHERE id = 4711",
  ],
  postgresConnection: [
    "connection received: host=10.0.0.9 port=51234",
    "connection received: host=db-client-3.internal port=40112",
  ],
  postgresLocal: ["connection received: host=[local]"],
  postgresDeadlock: [
    "process 4711 detected deadlock while waiting for ShareLock on transaction 918273 after 1000.123 ms",
    "process 93 detected deadlock while waiting for ShareLock on transaction 5 after 1001.9 ms",
  ],
  redisSaving: [
    "10 changes in 300 seconds. Saving...",
    "1 changes in 3600 seconds. Saving...",
    "10000 changes in 60 seconds. Saving...",
  ],
  redisFork: ["Background saving started by pid 4711", "Background saving started by pid 93"],
  redisRdb: ["RDB: 0 MB of memory used by copy-on-write", "RDB: 118 MB of memory used by copy-on-write"],
  hdfsReceiving: [
    "Receiving block blk_-1608999687919862906 src: /10.250.19.102:54106 dest: /10.250.19.102:50010",
    "Receiving block blk_3587508140051953248 src: /10.251.42.84:57069 dest: /10.251.42.84:50010",
  ],
  hdfsAdd: [
    "BLOCK* NameSystem.addStoredBlock: blockMap updated: 10.251.73.220:50010 is added to blk_7128370237687728475 size 67108864",
    "BLOCK* NameSystem.addStoredBlock: blockMap updated: 10.250.10.6:50010 is added to blk_-38865049064139660 size 233217",
  ],
  kafkaOffset: [
    "[Consumer clientId=consumer-billing-1, groupId=billing] Setting offset for partition orders-3 to the committed offset FetchPosition{offset=4711, offsetEpoch=Optional[5], currentLeader=LeaderAndEpoch{leader=Optional[10.0.0.3:9092 (id: 3 rack: null)], epoch=5}}",
    "[Consumer clientId=consumer-mailer-12, groupId=mailer] Setting offset for partition orders-11 to the committed offset FetchPosition{offset=0, offsetEpoch=Optional.empty, currentLeader=LeaderAndEpoch{leader=Optional[10.0.0.1:9092 (id: 1 rack: null)], epoch=0}}",
  ],
  kafkaSegment: [
    "[Log partition=orders-3, dir=/var/lib/kafka/data] Rolled new log segment at offset 104857 in 3 ms. (kafka.log.Log)",
    "[Log partition=mails-0, dir=/data/kafka] Rolled new log segment at offset 99 in 12 ms. (kafka.log.Log)",
  ],
  zookeeperSession: [
    "Established session 0x14ed93111f2001a with negotiated timeout 10000 for client /10.10.34.11:52225",
    "Established session 0x24ed93113c70000 with negotiated timeout 30000 for client /10.10.34.13:60001",
  ],
  zookeeperRequest: [
    "Processed session termination for sessionid: 0x14ed93111f2001a",
    "Processed session termination for sessionid: 0x34f05c0a2c90009",
  ],
  springStarted: [
    "Started ShopApplication in 4.321 seconds (process running for 4.987)",
    "Started ShopApplication in 12.1 seconds (process running for 13)",
  ],
  springTomcat: [
    "Tomcat started on port 8080 (http) with context path ''",
    "Tomcat started on port 8443 (http) with context path '/shop'",
  ],
  hikari: [
    "HikariPool-1 - Connection is not available, request timed out after 30000ms (total=10, active=10, idle=0, waiting=7)",
    "HikariPool-3 - Connection is not available, request timed out after 30001ms (total=20, active=19, idle=1, waiting=112)",
  ],
  gcPause: [
    "GC(17) Pause Young (Normal) (G1 Evacuation Pause) 512M->44M(1024M) 12.345ms",
    "GC(4711) Pause Young (Normal) (G1 Evacuation Pause) 8190M->4012M(16384M) 112.001ms",
  ],
  hadoopTask: [
    "attempt_1445144423722_0020_m_000005_0 TaskAttempt Transitioned from RUNNING to SUCCESS_CONTAINER_CLEANUP",
    "attempt_1445144423722_0031_m_000112_1 TaskAttempt Transitioned from RUNNING to SUCCESS_CONTAINER_CLEANUP",
  ],
  sparkTask: [
    "Finished task 3.0 in stage 12.0 (TID 4711) in 312 ms on node-17 (4/40)",
    "Finished task 39.0 in stage 0.0 (TID 39) in 1203 ms on node-3 (40/40)",
  ],
  javaHash: [
    "closing org.springframework.boot.web.AnnotationConfigContext@6b884d57, started on Fri Jan 02 03:04:05 UTC 2026",
    "closing org.springframework.boot.web.AnnotationConfigContext@1a2b3c, started on Wed Aug 12 17:00:43 CEST 2026",
  ],
  djangoNotFound: ["Not Found: /orders/17/", "Not Found: /favicon.ico"],
  djangoSlow: [
    '(0.512) SELECT COUNT(*) AS "__count" FROM "orders" WHERE "orders"."user_id" = 17; args=(17,)',
    '(12.003) SELECT COUNT(*) AS "__count" FROM "orders" WHERE "orders"."user_id" = 4711; args=(4711,)',
  ],
  celerySucceeded: [
    "Task shop.tasks.charge[5f3c1a2b-9d8e-4f70-a1b2-c3d4e5f60718] succeeded in 0.312s: None",
    "Task shop.tasks.charge[0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9] succeeded in 12.00012s: None",
  ],
  gunicornTimeout: ["[CRITICAL] WORKER TIMEOUT (pid:4711)", "[CRITICAL] WORKER TIMEOUT (pid:93)"],
  pythonLookup: ["could not find order 'A-17' for customer 4711", "could not find order 'B-2' for customer 93"],
  pythonList: ["missing columns: ['total', 'currency']", "missing columns: ['id']"],
  expressRequest: [
    "GET /api/orders/17 200 12.345 ms - 512",
    "GET /health 200 0.412 ms - 2",
    "GET /api/users/me?full=1 200 1203.1 ms - 10240",
  ],
  nodeRefused: ["connect ECONNREFUSED 127.0.0.1:6379", "connect ECONNREFUSED 10.0.0.3:5432", "connect ECONNREFUSED ::1:5432"],
  pm2: ["App [shop:3] exited with code [1] via signal [SIGINT]", "App [shop:0] exited with code [0] via signal [SIGINT]"],
  jobUser: ["charged user 4711 with 17.50 EUR in 312ms", "charged user 93 with 1203 EUR in 1.2s"],
  mailSent: ["mail to alice@example.com queued as 4F1D2C3B5A", "mail to bob.smith+shop@mail.example.org queued as 9A0B1C2D3E"],
  goDial: ["dial tcp 10.0.0.3:5432: connect: connection refused", "dial tcp [2001:db8::3]:5432: connect: connection refused"],
  goLookup: [
    "lookup payments.internal on 10.96.0.10:53: no such host",
    "lookup db-3.shop.svc.cluster.local on 169.254.20.10:53: no such host",
  ],
  goDeadline: [
    'Get "https://api.example.com/v1/orders?id=17": context deadline exceeded',
    'Get "http://10.0.0.3:8080/health": context deadline exceeded',
  ],
  logfmtSlow: [
    'level=warn ts=2026-01-02T03:04:05.123Z caller=query.go:112 msg="slow query" duration=1.203s rows=17',
    'level=warn ts=2026-01-02T03:05:59.001Z caller=query.go:112 msg="slow query" duration=912ms rows=0',
  ],
  logfmtOther: [
    'level=warn ts=2026-01-02T03:04:05.123Z caller=query.go:112 msg="connection lost" duration=1.203s rows=17',
    'level=warn ts=2026-01-02T03:05:59.001Z caller=query.go:112 msg="connection lost" duration=3s rows=1',
  ],
  etcdApply: [
    'apply request took too long {"took":"112.3ms","expected-duration":"100ms","prefix":"read-only range","request":"key:\\"/registry/pods/shop\\""}',
    'apply request took too long {"took":"1.2s","expected-duration":"100ms","prefix":"","request":"key:\\"/registry/leases/kube-system/x\\" "}',
  ],
  kubeletBackoff: [
    "Back-off restarting failed container api in pod api-7d9f8b6c5-x2x4z_shop(5f3c1a2b-9d8e-4f70-a1b2-c3d4e5f60718)",
    "Back-off restarting failed container api in pod api-5c6b7d8f9-qk7rm_shop(0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9)",
  ],
  kubeletProbe: [
    'Readiness probe failed: Get "http://10.42.0.17:8080/ready": dial tcp 10.42.0.17:8080: connect: connection refused',
    'Readiness probe failed: Get "http://10.42.3.4:9000/": dial tcp 10.42.3.4:9000: connect: connection refused',
  ],
  dockerHealth: [
    "Health check for container 4f1d2c3b5a6978e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708 error: timed out",
    "Health check for container 0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9 error: timed out",
  ],
  containerdPull: [
    'PullImage "registry.example.com/shop/api:1.4.2" returns image reference "sha256:4f1d2c3b5a6978e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708"',
    'PullImage "registry.example.com/shop/web:main-17" returns image reference "sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"',
  ],
  workerDone: ["worker-12 finished batch 4711 of 5000 on node3", "worker-3 finished batch 9 of 5000 on node17"],
  uploaded: ["uploaded 3.5 GB to s3 in 12 minutes", "uploaded 512 KB to s3 in 1 second", "uploaded 17 MB to s3 in 3.2 seconds"],
  cacheHit: ["cache hit ratio 95.3% over 4711 requests", "cache hit ratio 7% over 12 requests"],
  rolledBack: [
    "transaction 5f3c1a2b9d8e4f70 rolled back by peer 00:1a:2b:3c:4d:5e",
    "transaction 0a1b2c3d4e5f4071 rolled back by peer 52:54:00:12:34:56",
  ],
  feature: ["feature new_checkout is true for tenant 17", "feature new_checkout is false for tenant 4711"],
  idList: ["refunded orders [17]", "refunded orders [17, 18, 4711]", "refunded orders [1,2]"],
  utf8: [
    "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
    "'utf-8' codec can't decode byte 0xe9 in position 4711: invalid start byte",
  ],
  tlsHandshake: [
    "TLS handshake error from 10.0.0.9:51234: remote error: tls: bad certificate",
    "TLS handshake error from 203.0.113.7:4242: remote error: tls: bad certificate",
  ],
  sslUpstream: [
    "SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream",
    "SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream",
  ],
};
