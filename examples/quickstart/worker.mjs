// A worker without a port: does a bit of work, again and again, until it is told to stop.
let done = 0;
const timer = setInterval(() => {
  done += 1;
  console.log(`job ${done} done`);
}, 500);
process.on("SIGTERM", () => {
  clearInterval(timer);
  console.log(`stopping after ${done} jobs`);
});
