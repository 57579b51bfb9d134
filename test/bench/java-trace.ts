// A stack trace as a Spring service behind Tomcat prints it: what is called, and where.
const CALLS = `
com.acme.shop.orders.OrderRepository.load(OrderRepository.java:88)
com.acme.shop.orders.OrderService.lambda$charge$3(OrderService.java:142)
java.base/java.util.Optional.orElseGet(Optional.java:364)
com.acme.shop.orders.OrderService.charge(OrderService.java:139)
com.acme.shop.orders.OrderService$$FastClassBySpringCGLIB$$1d2c3b4a.invoke(<generated>)
org.springframework.cglib.proxy.MethodProxy.invoke(MethodProxy.java:218)
org.springframework.aop.framework.CglibAopProxy$CglibMethodInvocation.invokeJoinpoint(CglibAopProxy.java:793)
org.springframework.aop.framework.ReflectiveMethodInvocation.proceed(ReflectiveMethodInvocation.java:163)
org.springframework.transaction.interceptor.TransactionInterceptor$1.proceedWithInvocation(TransactionInterceptor.java:123)
org.springframework.transaction.interceptor.TransactionAspectSupport.invokeWithinTransaction(TransactionAspectSupport.java:388)
org.springframework.transaction.interceptor.TransactionInterceptor.invoke(TransactionInterceptor.java:119)
com.acme.shop.web.CheckoutController.checkout(CheckoutController.java:57)
java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:103)
java.base/java.lang.reflect.Method.invoke(Method.java:580)
org.springframework.web.method.support.InvocableHandlerMethod.doInvoke(InvocableHandlerMethod.java:205)
org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:1067)
jakarta.servlet.http.HttpServlet.service(HttpServlet.java:764)
org.apache.catalina.core.ApplicationFilterChain.internalDoFilter(ApplicationFilterChain.java:227)
org.apache.tomcat.util.net.NioEndpoint$SocketProcessor.doRun(NioEndpoint.java:1789)
java.base/java.lang.Thread.run(Thread.java:1583)
`
  .trim()
  .split("\n");

/** The lines of a trace of so many frames, without their line ends. */
export function javaTrace(frames: number): readonly string[] {
  const calls = Array.from({ length: frames }, (_, i) => `\tat ${CALLS[i % CALLS.length]}`);
  return ["java.lang.IllegalStateException: no stock for order 1042", ...calls];
}
