/* SPDX-License-Identifier: Apache-2.0 */
/* The plainest UDP echo there is, recvfrom and sendto: what the server benches are divided by.
 * Usage: bench_echo PORT   (127.0.0.1; ends at SIGTERM) */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned char bytes[2048];
    int size = 4 << 20;
    if (argc != 2)
        return 2;
    self.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&self, sizeof self) != 0) {
        perror("bench_echo");
        return 1;
    }
    for (;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &len);
        if (n >= 0)
            (void)sendto(fd, bytes, (size_t)n, 0, (const struct sockaddr *)&from, len);
    }
}
