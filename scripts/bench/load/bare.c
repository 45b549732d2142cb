/*
 * A bare server for clients. The path says how large their messages are: it answers them with prepared bytes, and reads
 * none. It says its port, and what CPU time it has used whenever it gets a line, each as a line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>
#include "sha1.h"

enum { HEADER = 4, MASK = 4, AT_ONCE = 1024, MOST = 4096, READ_SIZE = 1 << 20 };

typedef struct {
  int fd, isOpen, wantsToWrite;
  uint64_t received, toSend;
  size_t at; /* Octets of the current message that were sent */
} Connection;

static int epoll;
static unsigned char block[AT_ONCE * (MOST + HEADER)]; /* An answer so many times in a row */
static size_t frameSize; /* Of an answer: messages have a mask besides */

static void watch(Connection *c, int operation) {
  struct epoll_event event = { .data.ptr = c, .events = EPOLLIN | (c->wantsToWrite ? EPOLLOUT : 0) };
  epoll_ctl(epoll, operation, c->fd, &event);
}

static void end(Connection *c) {
  close(c->fd);
  free(c);
}

static void flush(Connection *c) {
  size_t most = frameSize * AT_ONCE - c->at;
  ssize_t count = send(c->fd, block + c->at, c->toSend < most ? c->toSend : most, MSG_NOSIGNAL);
  if (count < 0 && errno != EAGAIN) return end(c);
  if (count > 0) {
    c->toSend -= count;
    c->at = (c->at + count) % frameSize;
  }
  int wants = c->toSend > 0;
  if (wants == c->wantsToWrite) return;
  c->wantsToWrite = wants;
  watch(c, EPOLL_CTL_MOD);
}

static void prepare(size_t size) {
  unsigned char small[] = { 0x82, size }, large[] = { 0x82, 126, size >> 8, size & 0xff };
  size_t header = size < 126 ? sizeof small : sizeof large;
  frameSize = header + size;
  memset(block, 1, sizeof block);
  for (int i = 0; i < AT_ONCE; i++) memcpy(block + i * frameSize, size < 126 ? small : large, header);
}

static void upgrade(Connection *c, char *request) {
  char keyed[128], accept[29], answer[256];
  unsigned char digest[20];
  const char *key = strcasestr(request, "\r\nSec-WebSocket-Key:");
  size_t size = 0;
  if (key == NULL || sscanf(request, "GET /%zu", &size) < 1 || size > MOST) return end(c);
  sscanf(key + 20, " %32s", keyed);
  sha1(strcat(keyed, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"), digest);
  base64(digest, accept);
  int length = snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
  prepare(size);
  c->isOpen = 1;
  if (send(c->fd, answer, length, MSG_NOSIGNAL) < length) end(c);
}

static void onReadable(Connection *c) {
  static char bytes[READ_SIZE + 1];
  static const char goodbye[] = { '\x88', 0 };
  ssize_t length = read(c->fd, bytes, READ_SIZE);
  if (length <= 0) return end(c);
  bytes[length] = 0;
  if (!c->isOpen) return upgrade(c, bytes);
  if (c->received == 0 && bytes[0] == goodbye[0]) {
    send(c->fd, goodbye, sizeof goodbye, MSG_NOSIGNAL);
    return end(c);
  }
  c->received += length;
  c->toSend += c->received / (frameSize + MASK) * frameSize;
  c->received %= frameSize + MASK;
  if (c->toSend > 0) flush(c);
}

static void onConnection(int listener) {
  Connection *c = calloc(1, sizeof *c);
  int one = 1;
  c->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  watch(c, EPOLL_CTL_ADD);
}

static int listenOnLoopback(void) {
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bind(listener, (struct sockaddr *)&address, length);
  listen(listener, 511);
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

static void sayUsage(void) {
  char line[64];
  struct rusage usage;
  if (read(STDIN_FILENO, line, sizeof line) <= 0) exit(0);
  getrusage(RUSAGE_SELF, &usage);
  double seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec;
  printf("{\"cpu\":%.6f}\n", seconds + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
  fflush(stdout);
}

int main(void) {
  epoll = epoll_create1(0);
  Connection input = { .fd = STDIN_FILENO }, listener = { .fd = listenOnLoopback() };
  watch(&input, EPOLL_CTL_ADD);
  watch(&listener, EPOLL_CTL_ADD);
  while (1) {
    struct epoll_event events[256];
    int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; i++) {
      Connection *c = events[i].data.ptr;
      if (c == &input) sayUsage();
      else if (c == &listener) onConnection(listener.fd);
      else if (events[i].events & EPOLLOUT) flush(c);
      else onReadable(c);
    }
  }
}
