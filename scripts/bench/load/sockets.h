/* Connections that send the same message again and again, as fast as answers come or sockets take it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "frames.h"
#include "latency.h"

/* `STRETCH`: octets that are written at once where there is no end of messages. */
enum { OPENING_AT_ONCE = 64, READ_SIZE = 1 << 20, STRETCH = 1 << 18, PATIENCE = 20000, ANSWER = 1024 };

typedef struct Flow Flow;

typedef struct {
  int fd;
  int upgraded, wantsToWrite;
  Reader reader;
  uint64_t toSend, pingToSend;
  size_t at; /* Octets of the current message that were sent */
  int64_t since;
  Flow *flow;
} Connection;

/* Messages on the way: on one connection, or from one to all. */
struct Flow {
  Connection *sender;
  uint64_t sent, answered, received;
  int64_t *times;
};

static struct {
  char verb[32], message[512], request[512];
  long port, connections, depth, replies, broadcast, milliseconds, octets;
} order;

static enum { IDLE, EXCHANGE, HANDSHAKES, INGEST, STALL } mode;
static int epoll, opening, opened;
static Connection *connections;
static char *block, *request; /* The message so many times in a row */
static size_t messageSize, blockSize, requestSize;
static int64_t now, deadline;
static uint64_t onTheWay, messages, octets;
static const char ping[] = { '\x89', '\x80', 1, 2, 3, 4 };
static const char goodbye[] = { '\x88', '\x82', 0, 0, 0, 0, '\x03', '\xe8' };

static void fail(const char *what) {
  printf("{\"error\":\"%s%s%s\"}\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(1);
}

static int64_t nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static double cpuSeconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- sending ---- */

static void watch(Connection *c, int operation) {
  struct epoll_event event = { .data.ptr = c };
  event.events = (mode == STALL ? 0 : EPOLLIN) | (c->wantsToWrite ? EPOLLOUT : 0);
  if (epoll_ctl(epoll, operation, c->fd, &event) < 0) fail("epoll_ctl");
}

static size_t put(Connection *c, const char *bytes, size_t length) {
  ssize_t count = send(c->fd, bytes, length, MSG_NOSIGNAL);
  if (count >= 0) return count;
  if (errno != EAGAIN && mode != HANDSHAKES) fail("send");
  errno = 0;
  return 0;
}

/* All messages are alike, so that what follows is always at the start of the block. */
static void flush(Connection *c) {
  if (c->toSend > 0) {
    size_t most = blockSize - c->at;
    size_t count = put(c, block + c->at, c->toSend < most ? c->toSend : most);
    c->at = (c->at + count) % messageSize;
    c->toSend -= count;
    octets += count;
  }
  if (c->toSend == 0 && now >= deadline && c->pingToSend > 0) {
    c->pingToSend -= put(c, ping + sizeof ping - c->pingToSend, c->pingToSend);
  }
  int wants = c->toSend > 0 || c->pingToSend > 0 || (mode >= INGEST && now < deadline);
  if (wants == c->wantsToWrite) return;
  c->wantsToWrite = wants;
  watch(c, EPOLL_CTL_MOD);
}

static void sendMessages(Flow *flow, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) flow->times[flow->sent++ % order.depth] = now;
  flow->sender->toSend += count * messageSize;
  onTheWay += count;
  flush(flow->sender);
}

/* Sends as much as the socket takes, up to the end of a message. */
static void pour(Connection *c) {
  if (mode == STALL && octets >= (uint64_t)order.octets) deadline = now;
  if (now < deadline && c->toSend == 0) c->toSend = blockSize;
  if (now >= deadline && c->toSend > messageSize) c->toSend = (messageSize - c->at) % messageSize;
  flush(c);
}

/* ---- receiving ---- */

static void openOne(Connection *c) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(order.port) };
  int one = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  *c = (Connection){ .since = nanoseconds(), .fd = socket(AF_INET, SOCK_STREAM, 0) };
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  watch(c, EPOLL_CTL_ADD);
  put(c, request, requestSize);
  opening++;
}

static void onOpen(Connection *c) {
  c->upgraded = 1;
  opening--;
  opened++;
  if (mode != HANDSHAKES) return;
  record(nanoseconds() - c->since);
  put(c, goodbye, sizeof goodbye);
}

/* Only as far as its empty line: frames may follow. */
static void readAnswer(Connection *c) {
  static char answer[ANSWER + 1];
  ssize_t length = recv(c->fd, answer, ANSWER, MSG_PEEK);
  if (length <= 0) fail("the server did not upgrade");
  answer[length] = 0;
  if (strncmp(answer, "HTTP/1.1 101", 12) != 0) fail("the server did not upgrade");
  char *end = strstr(answer, "\r\n\r\n");
  if (end == NULL) return;
  if (read(c->fd, answer, end + 4 - answer) > 0) onOpen(c);
}

/* What was answered makes room for as many messages. */
static void goOn(Flow *flow) {
  uint64_t complete = flow->received / order.replies - flow->answered;
  for (uint64_t i = 0; i < complete; i++) record(now - flow->times[flow->answered++ % order.depth]);
  onTheWay -= complete;
  if (complete > 0 && now < deadline) sendMessages(flow, complete);
}

static void onEnd(Connection *c) {
  if (mode != HANDSHAKES) fail("the server dropped a connection");
  close(c->fd);
  opened--;
  messages++;
  if (now < deadline) openOne(c);
}

static void onReadable(Connection *c) {
  static unsigned char bytes[READ_SIZE];
  if (!c->upgraded) return readAnswer(c);
  ssize_t length = read(c->fd, bytes, sizeof bytes);
  if (length <= 0) return onEnd(c);
  uint64_t before = c->reader.messages;
  readFrames(&c->reader, bytes, length);
  if (c->flow == NULL) return;
  now = nanoseconds();
  c->flow->received += c->reader.messages - before;
  goOn(c->flow);
}

/* Waits for events, and says how many there were. */
static int turn(int timeout) {
  struct epoll_event events[256];
  int count = epoll_wait(epoll, events, 256, timeout);
  now = nanoseconds();
  for (int i = 0; i < count; i++) {
    Connection *c = events[i].data.ptr;
    if (events[i].events & EPOLLOUT) mode >= INGEST ? pour(c) : flush(c);
    if (events[i].events & ~EPOLLOUT) onReadable(c);
  }
  return count;
}

static void mustTurn(void) {
  errno = 0;
  if (turn(PATIENCE) == 0) fail("the server does not answer");
}

static uint64_t pongs(void) {
  uint64_t sum = 0;
  for (int i = 0; i < opened; i++) sum += connections[i].reader.pongs;
  return sum;
}
