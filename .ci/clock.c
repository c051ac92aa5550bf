// A clock that stands at CLOCK_SECONDS since 1970, for programs that it is preloaded into: simulated companies have their own time, and a
// version that is built already takes no clock as an argument. What measures durations goes on.
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
  const char *seconds = getenv("CLOCK_SECONDS");
  if (clock != CLOCK_REALTIME || seconds == NULL) return syscall(SYS_clock_gettime, clock, now);
  now->tv_sec = atoll(seconds);
  now->tv_nsec = 0;
  return 0;
}
