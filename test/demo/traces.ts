// Stack traces as the languages of the five services print them.

/** Java, as logback prints it; the numbers vary as they do in production. */
export function cardDeclined(order: number, amount: string): string {
  return `com.example.billing.PaymentFailedException: could not charge order ${order}
	at com.example.billing.ChargeService.charge(ChargeService.java:88)
	at com.example.billing.InvoiceListener.onOrder(InvoiceListener.java:41)
	at org.springframework.kafka.listener.KafkaMessageListenerContainer.invokeListener(KafkaMessageListenerContainer.java:2805)
	at java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1144)
	at java.base/java.lang.Thread.run(Thread.java:1583)
Caused by: com.example.billing.CardDeclinedException: insufficient funds for ${amount} EUR
	at com.example.billing.AcquirerClient.authorise(AcquirerClient.java:132)
	at com.example.billing.ChargeService.charge(ChargeService.java:84)
	... 4 common frames omitted`;
}

export const MISSING_RATE = `Traceback (most recent call last):
  File "/srv/reports/nightly.py", line 61, in run
    total += convert(row.amount, row.currency)
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/reports/rates.py", line 24, in convert
    return amount * RATES[currency]
                    ~~~~~^^^^^^^^^^
KeyError: 'SEK'`;

export const LABEL_PANIC = `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x6f2a11]

goroutine 214 [running]:
example.com/worker/labels.(*Printer).Render(0x0, {0xc0002b4000, 0x1f})
	/src/worker/labels/printer.go:57 +0x31
main.handle({0x7c1e40, 0xc000112000}, {0xc0003a2010, 0x5})
	/src/worker/main.go:102 +0x1a5
created by main.serve in goroutine 1
	/src/worker/main.go:71 +0x8f`;

export const CART_TOTAL = `TypeError: Cannot read properties of undefined (reading 'total')
    at renderCart (https://shop.example/assets/cart-4be1.js:118:27)
    at onCheckout (https://shop.example/assets/checkout-90c2.js:42:9)
    at HTMLButtonElement.dispatch (https://shop.example/assets/vendor-77aa.js:3:10316)`;

/** An error as Node throws it when a database is away. */
export function connectionRefused(): Error {
  const error = new Error("connect ECONNREFUSED 10.0.3.7:5432");
  error.stack = `Error: connect ECONNREFUSED 10.0.3.7:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1607:16)
    at Pool.acquire (/srv/api/node_modules/pg-pool/index.js:45:11)
    at findOrder (/srv/api/src/orders.js:23:18)
    at async POST /orders (/srv/api/src/routes.js:71:17)`;
  return Object.assign(error, { code: "ECONNREFUSED" });
}
