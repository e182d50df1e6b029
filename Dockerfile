# The image: podgate, the shared libraries it loads, their licences, and nothing else: no shell, no package manager.
# docs/image.md says how to build it for another architecture, and what makes it come out the same twice.
ARG BASE=docker.io/library/debian:bookworm-slim
# The build stage always runs on the builder's own architecture; TARGETARCH is cross-compiled.
ARG BUILDPLATFORM
FROM --platform=$BUILDPLATFORM $BASE AS build
ARG TARGETARCH
WORKDIR /src
COPY tools/image/toolchain.sh tools/image/
RUN tools/image/toolchain.sh "$TARGETARCH"
COPY Makefile LICENSE ./
COPY tools tools
COPY include include
COPY policies policies
COPY src src
ARG COMMIT=unknown
ARG SOURCE_DATE_EPOCH=0
RUN tools="$(cat /toolchain/prefix)" \
 && make COMMIT="$COMMIT" CC="${tools}gcc" AR="${tools}ar" \
 && tools/image/root.sh build/podgate /image "$tools"

FROM scratch
ARG VERSION=unknown
ARG COMMIT=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="podgate" \
      org.opencontainers.image.description="A validating admission webhook that judges pods and whatever makes pods" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT" \
      org.opencontainers.image.created="$CREATED"
COPY --from=build /image/ /
USER 65532:65532
EXPOSE 8443 8081 8080
ENTRYPOINT ["/usr/bin/podgate"]
CMD ["serve"]
