/* Gives a database the time of a simulated run, and chance that is the same in each run. Preloaded
 * into the server; never shipped.
 *
 * The file that SIMULATED_CLOCK names is mapped: 8 bytes, microseconds since 1970. The server's
 * steady clock stands still, so that its own upkeep (expiry by a timer, resizing) never runs: what
 * a command finds depends on the commands before it alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *now;

__attribute__((constructor)) static void map(void) {
    const char *path = getenv("SIMULATED_CLOCK");
    int file = path ? open(path, O_RDONLY) : -1;
    void *found = file < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
    if (found == MAP_FAILED) abort(); /* else the run would have the time of the machine */
    close(file);
    now = found;
}

int gettimeofday(struct timeval *restrict found, void *restrict zone) {
    (void)zone;
    found->tv_sec = *now / 1000000;
    found->tv_usec = *now % 1000000;
    return 0;
}

time_t time(time_t *found) {
    time_t seconds = *now / 1000000;
    if (found) *found = seconds;
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *found) {
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
        found->tv_sec = *now / 1000000;
        found->tv_nsec = *now % 1000000 * 1000;
    } else {
        found->tv_sec = 1000;
        found->tv_nsec = 0;
    }
    return 0;
}

/* The server seeds its generators by its time and its process id. */
pid_t getpid(void) { return 1; }

/* Without the flags of the processor the server reads its steady clock by clock_gettime, not by a
 * counter of the processor. The seed of its hashes, and so the order of their fields, is fixed. */
static FILE *opened(const char *name, const char *path, const char *mode) {
    if (!strcmp(path, "/proc/cpuinfo")) return NULL;
    if (!strcmp(path, "/dev/urandom")) path = "/dev/zero";
    FILE *(*real)(const char *, const char *) = (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, name);
    return real(path, mode);
}

FILE *fopen(const char *restrict path, const char *restrict mode) { return opened("fopen", path, mode); }
FILE *fopen64(const char *restrict path, const char *restrict mode) { return opened("fopen64", path, mode); }
