# The programs of the lab, the libraries they load, and nothing else: no shell, no package manager. make image IMAGE=my-scheduler:dev
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make ca-certificates
WORKDIR /src
COPY tests/deps.sh tests/deps.sh
RUN sh tests/deps.sh build
COPY . .
RUN make -j2 install-all PREFIX=/usr DESTDIR=/programs && strip --strip-unneeded /programs/usr/bin/*

# What ldd names, the loader included, under the paths where the loader looks; names through DNS need nothing more in glibc 2.34 and newer.
# compare looks for the schedulers under the names that they have in bin/. Times of files are all the same: so equal content is an equal layer.
RUN set -eu; \
    mkdir -p /system/etc/ssl/certs /system/tmp; \
    ldd /programs/usr/bin/* | grep -o '/[^ ]*\.so[^ ]*' | sort -u | while read -r library; do \
        mkdir -p "/system$(dirname "$library")"; \
        cp -L "$library" "/system$library"; \
    done; \
    cp /etc/ssl/certs/ca-certificates.crt /system/etc/ssl/certs/; \
    echo 'scheduler:x:65532:65532::/:/sbin/nologin' > /system/etc/passwd; \
    echo 'scheduler:x:65532:' > /system/etc/group; \
    echo 'hosts: files dns' > /system/etc/nsswitch.conf; \
    chmod 1777 /system/tmp; \
    for name in polling watch; do ln -s $name-scheduler /programs/usr/bin/$name; done; \
    find /system /programs -exec touch -h -d @0 {} +; \
    cp -a /system /whole; \
    cp -a /programs/. /whole; \
    for program in /programs/usr/bin/*; do chroot /whole "/usr/bin/${program##*/}" --version; done

FROM scratch
COPY --from=build /system /
COPY --from=build /programs /
ARG VERSION=unknown
LABEL org.opencontainers.image.title="Kubernetes scheduler lab" org.opencontainers.image.version=$VERSION
USER 65532:65532
ENV PATH=/usr/bin
CMD ["watch-scheduler"]
