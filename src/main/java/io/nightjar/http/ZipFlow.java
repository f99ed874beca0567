package io.nightjar.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;

/**
 * Zips a stream on its way: entries open with {@link Open}, their bytes follow as {@link Data}. It holds what one piece
 * compresses to and no more; sizes stand behind each entry, beyond 4 GB too.
 */
final class ZipFlow extends GraphStage<FlowShape<ZipFlow.Part, ByteString>> {
    private final Inlet<Part> in = Inlet.create("ZipFlow.in");
    private final Outlet<ByteString> out = Outlet.create("ZipFlow.out");
    private final FlowShape<Part, ByteString> shape = FlowShape.of(in, out);

    /** A piece of what is zipped. */
    sealed interface Part {}

    /** Ends the entry before and begins one. */
    record Open(String name, long timeMillis) implements Part {}

    record Data(ByteString bytes) implements Part {}

    @Override
    public FlowShape<Part, ByteString> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends GraphStageLogic {
        private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
        private final ZipOutputStream zip = new ZipOutputStream(buffer);

        Logic() {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    write(grab(in));
                    if (buffer.size() == 0) {
                        pull(in);
                    } else {
                        push(out, take());
                    }
                }

                @Override
                public void onUpstreamFinish() {
                    finish();
                    emit(out, take(), Logic.this::completeStage);
                }
            });
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    pull(in);
                }
            });
        }

        /** Frees the native memory of the deflater, however the stream ended. */
        @Override
        public void postStop() {
            try {
                zip.close();
            } catch (IOException e) {
                throw new UncheckedIOException("a buffer in memory cannot fail", e);
            }
        }

        private void write(Part part) {
            try {
                if (part instanceof Open open) {
                    ZipEntry entry = new ZipEntry(open.name);
                    entry.setTime(open.timeMillis);
                    zip.putNextEntry(entry);
                } else if (part instanceof Data data) {
                    zip.write(data.bytes.toArray());
                }
            } catch (IOException e) {
                throw new UncheckedIOException("a buffer in memory cannot fail", e);
            }
        }

        private void finish() {
            try {
                zip.finish();
            } catch (IOException e) {
                throw new UncheckedIOException("a buffer in memory cannot fail", e);
            }
        }

        private ByteString take() {
            ByteString bytes = ByteString.fromArray(buffer.toByteArray());
            buffer.reset();
            return bytes;
        }
    }
}
