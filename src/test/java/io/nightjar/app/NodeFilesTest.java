package io.nightjar.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeFilesTest {
    @TempDir
    Path dir;

    @Test
    void two_nodes_cannot_share_a_data_directory() throws IOException {
        NodeFiles first = NodeFiles.claim(dir.resolve("data"));

        assertThatThrownBy(() -> NodeFiles.claim(dir.resolve("data")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("pid " + ProcessHandle.current().pid())
                .hasMessageContaining(dir.toString());
        first.release();
        NodeFiles.claim(dir.resolve("data")).release();
    }

    @Test
    void the_ready_file_says_where_the_node_serves_and_goes_with_it() throws IOException {
        Files.writeString(dir.resolve("nightjar.ready"), "left by a crash");

        NodeFiles files = NodeFiles.claim(dir);
        assertThat(dir.resolve("nightjar.ready")).doesNotExist();
        files.ready("node=a\nhttp=127.0.0.1:1");

        assertThat(dir.resolve("nightjar.ready")).hasContent("node=a\nhttp=127.0.0.1:1\n");
        assertThat(Files.readString(dir.resolve("nightjar.pid")).strip())
                .isEqualTo(Long.toString(ProcessHandle.current().pid()));
        files.notReady();
        files.release();
        assertThat(dir.resolve("nightjar.ready")).doesNotExist();
        assertThat(dir.resolve("nightjar.pid")).isEmptyFile();
    }

    @Test
    void the_first_password_is_for_its_owner_only() throws IOException {
        NodeFiles files = NodeFiles.claim(dir);

        files.firstPassword("geheim");
        files.release();

        Path file = dir.resolve("first-password");
        assertThat(file).hasContent("geheim\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void a_directory_that_cannot_be_made_is_a_clear_error() throws IOException {
        Path file = Files.writeString(dir.resolve("file"), "");

        assertThatThrownBy(() -> NodeFiles.claim(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("file");
    }
}
