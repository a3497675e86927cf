/** Which way bytes go: requests to the target, replies from it. */
export type ProxyDirection = "toTarget" | "fromTarget";
