/* The wall clock as a process reads it, moved by the seconds that stand in the file named by CHAOS_CLOCK.
   The monotonic clock is left alone, as it is when somebody sets a machine's time. Loaded with LD_PRELOAD. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const long none = 0;

static long shift(void) {
    static const volatile long *seconds;
    if (seconds == NULL) {
        const char *name = getenv("CHAOS_CLOCK");
        int file = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
        void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
        seconds = mapped == MAP_FAILED ? &none : mapped;
        if (file >= 0) close(file);
    }
    return *seconds;
}

int clock_gettime(clockid_t clock, struct timespec *moment) {
    int failed = (int)syscall(SYS_clock_gettime, clock, moment);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) moment->tv_sec += shift();
    return failed;
}

int gettimeofday(struct timeval *restrict moment, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    moment->tv_sec = precise.tv_sec;
    moment->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *moment) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (moment != NULL) *moment = precise.tv_sec;
    return precise.tv_sec;
}
