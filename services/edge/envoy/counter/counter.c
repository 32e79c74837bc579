/* Counts what is open for each client address, and refuses what is beyond a limit.

   Envoy runs this as a WebAssembly filter (proxy-wasm ABI 0.2.1): as a network filter it counts
   connections, as an HTTP filter requests in progress. Each worker thread has a copy and counts by
   itself. A client is an IPv4 address, or an IPv6 network of 64 bits.

   Both tables have a fixed size, so no client can make them grow: each worker takes 49,152 at once,
   whoever they are of. Two clients whose hashes meet in
   one counter share a limit: with 1,000 clients at once, one in 65 shares with another. The hash has a
   seed of its own in each process, so nobody can look for an address that shares with a victim.

   counter.wasm is compiled from this file; the package's docstring has the command. */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

enum { CONTINUE = 0, PAUSE = 1 };
enum { OK = 0, DOWNSTREAM = 2, PLUGIN_CONFIGURATION = 7, RESOURCE_EXHAUSTED = 8 };
enum { COUNTERS = 1 << 16, OPEN = 1 << 16, NETWORKS = 256, BUFFER_BYTES = 1 << 16 };

IMPORT(proxy_get_property)
u32 get_property(const char *path, u32 path_size, u8 **value, u32 *size);
IMPORT(proxy_get_buffer_bytes)
u32 get_buffer_bytes(u32 type, u32 start, u32 most, u8 **value, u32 *size);
IMPORT(proxy_get_current_time_nanoseconds) u32 get_time_ns(u64 *time);
IMPORT(proxy_close_stream) u32 close_stream(u32 type);
IMPORT(proxy_send_local_response)
u32 send_local_response(u32 status, const char *details, u32 details_size, const char *body,
                        u32 body_size, const char *headers, u32 headers_size, u32 grpc_status);

static struct network {
  u64 first, mask, limit;
} networks[NETWORKS];
static u32 network_count;
static u64 usual_limit;
static u64 seed;
static u32 counters[COUNTERS];
static struct entry {
  u32 context, *counter;
} open[OPEN];
static u32 open_count;
static u8 buffer[BUFFER_BYTES];

/* The host writes each value that it returns into the buffer; one is read before the next. */
EXPORT(proxy_on_memory_allocate) void *allocate(u32 size) {
  return size <= BUFFER_BYTES ? buffer : 0;
}

EXPORT(proxy_abi_version_0_2_1) void abi_version(void) {}

EXPORT(proxy_on_vm_start) u32 vm_start(u32 root, u32 size) { return get_time_ns(&seed) == OK; }

static u32 digit(u8 c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return 16;
}

/* Reads a number in a base up to 16, moves the text on, and skips one character after it. */
static u64 number(const u8 **text, const u8 *end, u32 base) {
  u64 value = 0;
  for (; *text < end && digit(**text) < base; ++*text) value = value * base + digit(**text);
  if (*text < end) ++*text;
  return value;
}

/* The configuration: the usual limit, then for each network its first client, mask and limit, all
   in hexadecimal. */
EXPORT(proxy_on_configure) u32 configure(u32 root, u32 size) {
  u8 *value;
  u32 length;
  if (get_buffer_bytes(PLUGIN_CONFIGURATION, 0, size, &value, &length) != OK) return 0;
  const u8 *text = value, *end = value + length;
  usual_limit = number(&text, end, 16);
  for (network_count = 0; text < end && network_count < NETWORKS; ++network_count) {
    struct network *network = &networks[network_count];
    network->first = number(&text, end, 16);
    network->mask = number(&text, end, 16);
    network->limit = number(&text, end, 16);
  }
  return text == end;
}

static u64 ipv4(const u8 *text, const u8 *end) {
  u64 value = 0xffff;
  for (u32 part = 0; part < 4; ++part) value = value << 8 | (number(&text, end, 10) & 255);
  return value;
}

/* The first 64 bits of an address as [2001:db8::1]; those of a mapped IPv4 address as of IPv4. */
static u64 ipv6(const u8 *text, const u8 *end) {
  u64 groups[8] = {0};
  u32 count = 0, gap = 8;
  while (text < end && *text != ']' && count < 8) {
    const u8 *begin = text;
    while (text < end && digit(*text) < 16) ++text;
    if (text < end && *text == '.') return ipv4(begin, end);
    if (text == begin) { /* a colon: the second of two, which stand for zeros */
      gap = count;
      if (++text < end && *text == ':') ++text;
      continue;
    }
    text = begin;
    groups[count++] = number(&text, end, 16);
    if (text[-1] == ']') break;
  }
  u32 zeros = gap < 8 ? 8 - count : 0;
  u64 value = 0;
  for (u32 place = 0; place < 4; ++place) {
    u32 from = place < gap ? place : place < gap + zeros ? 8 : place - zeros;
    value = value << 16 | (from < 8 ? groups[from] : 0);
  }
  return value;
}

static u64 client(void) {
  static const char path[] = "source\0address";
  u8 *text;
  u32 size;
  if (get_property(path, sizeof path - 1, &text, &size) != OK || size == 0) return 0;
  return *text == '[' ? ipv6(text + 1, text + size) : ipv4(text, text + size);
}

static u64 limit_of(u64 client) {
  for (u32 n = 0; n < network_count; ++n)
    if ((client & networks[n].mask) == networks[n].first) return networks[n].limit;
  return usual_limit;
}

/* The mixing function of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
   Generators, 2014). */
static u32 *counter_of(u64 client) {
  u64 mixed = client + seed;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ull;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebull;
  return &counters[(mixed ^ mixed >> 31) % COUNTERS];
}

/* The place of a context in the table of what is open, or the free one where it would stand: linear
   probing (Knuth, The Art of Computer Programming, volume 3, algorithm 6.4 L and R). */
static u32 place_of(u32 context) {
  u32 place = context % OPEN;
  while (open[place].context && open[place].context != context) place = (place + 1) % OPEN;
  return place;
}

/* Counts a connection or request; refuses it if its client has as many open as it may. */
static u32 enter(u32 context) {
  u64 from = client();
  u32 *counter = counter_of(from);
  if (*counter >= limit_of(from) || open_count >= OPEN / 4 * 3) return 0;
  ++*counter;
  ++open_count;
  open[place_of(context)] = (struct entry){context, counter};
  return 1;
}

/* Envoy may tell the end of a connection twice, and tells that of a refused one as well. */
static void leave(u32 context) {
  u32 free = place_of(context);
  if (!open[free].context) return;
  --*open[free].counter;
  --open_count;
  for (u32 next = (free + 1) % OPEN; open[next].context; next = (next + 1) % OPEN) {
    u32 wanted = open[next].context % OPEN;
    if ((next - wanted) % OPEN < (next - free) % OPEN) continue;
    open[free] = open[next];
    free = next;
  }
  open[free].context = 0;
}

EXPORT(proxy_on_new_connection) u32 new_connection(u32 context) {
  if (enter(context)) return CONTINUE;
  close_stream(DOWNSTREAM);
  return PAUSE;
}

EXPORT(proxy_on_downstream_connection_close) void connection_closed(u32 context, u32 by) {
  leave(context);
}

EXPORT(proxy_on_request_headers) u32 request_headers(u32 context, u32 count, u32 is_end) {
  static const char details[] = "too_many_requests_of_address";
  static const char body[] = "this address has too many requests in progress";
  if (enter(context)) return CONTINUE;
  send_local_response(429, details, sizeof details - 1, body, sizeof body - 1, 0, 0,
                      RESOURCE_EXHAUSTED);
  return PAUSE;
}

EXPORT(proxy_on_log) void request_ended(u32 context) { leave(context); }

EXPORT(proxy_on_delete) void deleted(u32 context) { leave(context); }
