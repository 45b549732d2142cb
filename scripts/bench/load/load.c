/*
 * The load: one thread, bare sockets that send prepared bytes and read no more than frame headers. It takes an order from
 * each line of standard input, such as `open port=8080 connections=16 request=FILE`, and answers with a line of JSON.
 */
#include "sockets.h"

static char *readFile(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail(path);
  fseek(file, 0, SEEK_END);
  *size = ftell(file);
  rewind(file);
  char *bytes = malloc(*size);
  if (fread(bytes, 1, *size, file) < *size) fail(path);
  fclose(file);
  return bytes;
}

/* So many octets, and one message more: what is sent may start amid a message. */
static void readMessage(size_t least) {
  char *message = readFile(order.message, &messageSize);
  size_t copies = least / messageSize + 2;
  free(block);
  blockSize = copies * messageSize;
  block = malloc(blockSize);
  for (size_t i = 0; i < copies; i++) memcpy(block + i * messageSize, message, messageSize);
  free(message);
}

static void allocate(void) {
  free(connections);
  free(request);
  connections = calloc(order.connections, sizeof *connections);
  request = readFile(order.request, &requestSize);
}

static void openAll(void) {
  allocate();
  for (long next = 0; opened < order.connections; mustTurn()) {
    while (next < order.connections && opening < OPENING_AT_ONCE) openOne(&connections[next++]);
  }
}

static void closeAll(void) {
  for (int i = 0; i < opened; i++) close(connections[i].fd);
  opened = 0;
}

/* Keeps `depth` messages on the way; each has so many replies, on one connection or on all. */
static void exchange(void) {
  int senders = order.broadcast ? 1 : opened;
  Flow *flows = calloc(senders, sizeof *flows);
  readMessage(0);
  readMessage(order.depth * messageSize);
  if (order.broadcast) order.replies = opened;
  for (int i = 0; i < opened; i++) connections[i].flow = &flows[order.broadcast ? 0 : i];
  for (int i = 0; i < senders; i++) {
    flows[i].sender = &connections[i];
    flows[i].times = calloc(order.depth, sizeof *flows[i].times);
    sendMessages(&flows[i], order.depth);
  }
  while (onTheWay > 0) mustTurn();
  for (int i = 0; i < senders; i++) {
    messages += flows[i].received;
    free(flows[i].times);
  }
  for (int i = 0; i < opened; i++) connections[i].flow = NULL;
  free(flows);
}

/* A pong says that all was read. */
static void ingest(void) {
  uint64_t before = pongs();
  readMessage(STRETCH);
  for (int i = 0; i < opened; i++) {
    connections[i].pingToSend = sizeof ping;
    pour(&connections[i]);
  }
  while (pongs() < before + opened) mustTurn();
  messages = octets / messageSize;
}

/* Sends without reading, until the server takes nothing for a second. */
static void stall(void) {
  readMessage(STRETCH);
  for (int i = 0; i < opened; i++) {
    watch(&connections[i], EPOLL_CTL_MOD);
    pour(&connections[i]);
  }
  while (now < deadline && turn(1000) > 0);
}

/* Connects, upgrades and closes, on so many connections at once. */
static void handshakes(void) {
  allocate();
  for (int i = 0; i < order.connections; i++) openOne(&connections[i]);
  while (opening + opened > 0) mustTurn();
}

static void perform(void) {
  mode = IDLE;
  if (strcmp(order.verb, "open") == 0) return openAll();
  if (strcmp(order.verb, "close") == 0) return closeAll();
  if (strcmp(order.verb, "exchange") == 0) return mode = EXCHANGE, exchange();
  if (strcmp(order.verb, "handshakes") == 0) return mode = HANDSHAKES, handshakes();
  if (strcmp(order.verb, "ingest") == 0) return mode = INGEST, ingest();
  if (strcmp(order.verb, "stall") == 0) return mode = STALL, stall();
  fail("no such order");
}

static void parse(char *line) {
  memset(&order, 0, sizeof order);
  order.replies = order.depth = 1;
  sscanf(line, "%31s", order.verb);
  for (char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n")) {
    sscanf(word, "message=%511s", order.message);
    sscanf(word, "request=%511s", order.request);
    sscanf(word, "port=%ld", &order.port);
    sscanf(word, "connections=%ld", &order.connections);
    sscanf(word, "depth=%ld", &order.depth);
    sscanf(word, "replies=%ld", &order.replies);
    sscanf(word, "broadcast=%ld", &order.broadcast);
    sscanf(word, "octets=%ld", &order.octets);
    sscanf(word, "milliseconds=%ld", &order.milliseconds);
  }
}

static uint64_t received(void) {
  uint64_t sum = 0;
  for (int i = 0; i < opened; i++) sum += connections[i].reader.octets;
  return sum;
}

int main(void) {
  static char line[4096];
  epoll = epoll_create1(0);
  while (fgets(line, sizeof line, stdin) != NULL) {
    parse(line);
    forgetLatencies();
    messages = octets = onTheWay = 0;
    int64_t start = now = nanoseconds();
    double cpu = cpuSeconds();
    uint64_t before = received();
    deadline = now + order.milliseconds * 1000000;
    perform();
    printf("{\"elapsed\":%.6f,\"cpu\":%.6f,", (nanoseconds() - start) / 1e9, cpuSeconds() - cpu);
    printf("\"messages\":%lu,\"octets\":%lu,\"received\":%lu,", messages, octets, received() - before);
    printf("\"p50\":%.1f,\"p99\":%.1f}\n", quantile(0.5), quantile(0.99));
    fflush(stdout);
  }
}
