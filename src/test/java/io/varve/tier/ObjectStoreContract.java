package io.varve.tier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.tier.ObjectStore.StoredObject;
import io.varve.tier.ObjectStoreException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every object store has to do. Each test works below a prefix of its own, so that stores may be shared. */
abstract class ObjectStoreContract {

    /** An empty store, or one nobody else uses the keys of. */
    abstract ObjectStore store();

    /** A store that nobody answers for. */
    abstract ObjectStore unreachable();

    static void assertFails(Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ObjectStoreException.class,
                        e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind));
    }

    @Test
    void givesBackWhatWasCreated() {
        // Given
        byte[] bytes = Contents.random(1, 300_000);
        // When
        store().create("whole/a", Contents.of(bytes));
        // Then
        assertThat(store().length("whole/a")).isEqualTo(300_000);
        assertThat(Contents.bytes(store().read("whole/a", 0, 300_000))).isEqualTo(bytes);
    }

    @Test
    void readsRanges() {
        store().create("range/a", Contents.of("0123456789"));

        assertThat(Contents.text(store().read("range/a", 0, 1))).isEqualTo("0");
        assertThat(Contents.text(store().read("range/a", 3, 4))).isEqualTo("3456");
        assertThat(Contents.text(store().read("range/a", 9, 1))).isEqualTo("9");
        assertThat(Contents.text(store().read("range/a", 10, 0))).isEmpty();
    }

    @Test
    void refusesRangesOutsideOfTheObject() {
        store().create("outside/a", Contents.of("0123456789"));

        assertFails(Kind.NOT_FOUND, () -> store().read("outside/a", 9, 2));
        assertFails(Kind.NOT_FOUND, () -> store().read("outside/a", 10, 1));
        assertFails(Kind.NOT_FOUND, () -> store().read("outside/a", 11, 0));
        assertFails(Kind.NOT_FOUND, () -> store().read("outside/a", -1, 1));
    }

    @Test
    void keepsEmptyObjects() {
        store().create("empty/a", Contents.of(""));

        assertThat(store().length("empty/a")).isZero();
        assertThat(store().read("empty/a", 0, 0).remaining()).isZero();
    }

    @Test
    void rule7_neverOverwritesAnObject() {
        store().create("once/a", Contents.of("first"));

        assertFails(Kind.EXISTS, () -> store().create("once/a", Contents.of("second")));
        assertThat(Contents.text(store().read("once/a", 0, 5))).isEqualTo("first");
    }

    @Test
    void rule7_largeContentsAreRefusedToo_withoutLosingTheReason() {
        store().create("once/large", Contents.of(Contents.random(2, 3 << 20)));

        assertFails(Kind.EXISTS, () -> store().create("once/large", Contents.of(Contents.random(3, 8 << 20))));
        assertThat(store().length("once/large")).isEqualTo(3 << 20);
    }

    @Test
    void rule7_oneOfManyWritersWins() throws Exception {
        // Given sixteen writers of one name
        var attempts = new ArrayList<Callable<Boolean>>();
        for (int i = 0; i < 16; i++) {
            String content = "writer " + i;
            attempts.add(() -> creates("race/a", content));
        }
        // When all write at once
        List<Future<Boolean>> outcomes;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            outcomes = threads.invokeAll(attempts);
        }
        // Then exactly one did, and it is its content that is there
        var winners = IntStream.range(0, 16)
                .filter(i -> outcomes.get(i).resultNow())
                .boxed()
                .toList();
        assertThat(winners).hasSize(1);
        String content = "writer " + winners.getFirst();
        assertThat(Contents.text(store().read("race/a", 0, content.length()))).isEqualTo(content);
    }

    /** A store may ask a loser to come again instead of naming the winner. */
    private boolean creates(String key, String content) {
        while (true) {
            try {
                store().create(key, Contents.of(content));
                return true;
            } catch (ObjectStoreException e) {
                if (e.kind() == Kind.EXISTS) {
                    return false;
                }
                assertThat(e.kind()).as(e.getMessage()).isEqualTo(Kind.UNAVAILABLE);
            }
        }
    }

    @Test
    void listsInKeyOrderOverManyPages() throws Exception {
        // Given more objects than fit a page
        var keys = IntStream.range(0, 1_203)
                .mapToObj(i -> String.format("many/%04d", i))
                .toList();
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (var created : threads.invokeAll(keys.stream()
                    .<Callable<Void>>map(key -> () -> {
                        store().create(key, Contents.of(key));
                        return null;
                    })
                    .toList())) {
                created.get();
            }
        }
        // When
        var listed = new ArrayList<StoredObject>();
        var pages = new ArrayList<Integer>();
        store().list("many/", page -> {
            listed.addAll(page);
            pages.add(page.size());
        });
        // Then
        assertThat(listed).extracting(StoredObject::key).containsExactlyElementsOf(keys);
        assertThat(listed).allSatisfy(o -> assertThat(o.sizeBytes()).isEqualTo(9));
        assertThat(pages).allSatisfy(size -> assertThat(size).isBetween(1, 1_000));
    }

    @Test
    void ordersFoldersAsTheirKeys() {
        for (String key : List.of("order/a/b", "order/a-b", "order/a.b", "order/a", "order/a0", "order/B")) {
            if (!key.equals("order/a")) {
                store().create(key, Contents.of("x"));
            }
        }
        assertThat(keys("order/")).containsExactly("order/B", "order/a-b", "order/a.b", "order/a/b", "order/a0");
    }

    @Test
    void listsByAnyPrefix() {
        store().create("prefix/ab/1", Contents.of("x"));
        store().create("prefix/abc", Contents.of("x"));
        store().create("prefix/b", Contents.of("x"));

        assertThat(keys("prefix/ab")).containsExactly("prefix/ab/1", "prefix/abc");
        assertThat(keys("prefix/ab/")).containsExactly("prefix/ab/1");
        assertThat(keys("prefix/none/")).isEmpty();
        assertThat(keys("prefix/x")).isEmpty();
    }

    @Test
    void stampsObjectsWithTheTime() {
        store().create("stamp/a", Contents.of("x"));
        var listed = new ArrayList<StoredObject>();
        store().list("stamp/", listed::addAll);

        assertThat(listed.getFirst().lastModifiedMillis())
                .isBetween(System.currentTimeMillis() - 600_000, System.currentTimeMillis() + 600_000);
    }

    @Test
    void deletes() {
        store().create("delete/a", Contents.of("x"));

        store().delete("delete/a");

        assertFails(Kind.NOT_FOUND, () -> store().length("delete/a"));
        assertThat(keys("delete/")).isEmpty();
        assertThatCode(() -> store().delete("delete/a")).doesNotThrowAnyException();
    }

    @Test
    void saysWhenThereIsNoSuchObject() {
        assertFails(Kind.NOT_FOUND, () -> store().read("absent/a", 0, 1));
        assertFails(Kind.NOT_FOUND, () -> store().read("absent/a", 0, 0));
        assertFails(Kind.NOT_FOUND, () -> store().length("absent/a"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "/", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", ".hidden", "a/.b", "a b", "ä", "a\\b", "a\0"
            })
    void refusesWhatIsNoKey(String key) {
        assertFails(Kind.REFUSED, () -> store().create(key, Contents.of("x")));
        assertFails(Kind.REFUSED, () -> store().read(key, 0, 1));
        assertFails(Kind.REFUSED, () -> store().delete(key));
    }

    @Test
    void takesKeysOf512Characters() {
        String key = "long/" + "k".repeat(200) + "/" + "k".repeat(200) + "/" + "k".repeat(105);
        assertThat(key).hasSize(512);

        store().create(key, Contents.of("x"));

        assertThat(store().length(key)).isEqualTo(1);
        assertFails(Kind.REFUSED, () -> store().length(key + "k"));
    }

    @Test
    void contentsThatBreakOffLeaveNothing() {
        var broken = new ObjectContent() {
            @Override
            public long length() {
                return 100;
            }

            @Override
            public InputStream open() {
                return new SequenceInputStream(new ByteArrayInputStream(new byte[50]), new InputStream() {
                    @Override
                    public int read() throws IOException {
                        throw new IOException("the disk broke");
                    }

                    @Override
                    public int read(byte[] target, int offset, int count) throws IOException {
                        return read();
                    }
                });
            }
        };
        assertThatThrownBy(() -> store().create("broken/a", broken)).isInstanceOf(ObjectStoreException.class);
        assertFails(Kind.NOT_FOUND, () -> store().length("broken/a"));
        assertThat(keys("broken/")).isEmpty();
    }

    @Test
    void contentsOfAnotherLengthThanTheySaidLeaveNothing() {
        var tooShort = new ObjectContent() {
            @Override
            public long length() {
                return 100;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(new byte[50]);
            }
        };
        assertThatThrownBy(() -> store().create("short/a", tooShort)).isInstanceOf(RuntimeException.class);
        assertFails(Kind.NOT_FOUND, () -> store().length("short/a"));
    }

    @Test
    void aStoreThatIsDownIsUnavailable() {
        try (ObjectStore down = unreachable()) {
            assertFails(Kind.UNAVAILABLE, () -> down.create("down/a", Contents.of("x")));
            assertFails(Kind.UNAVAILABLE, () -> down.read("down/a", 0, 1));
            assertFails(Kind.UNAVAILABLE, () -> down.length("down/a"));
            assertFails(Kind.UNAVAILABLE, () -> down.list("down/", page -> {}));
            assertFails(Kind.UNAVAILABLE, () -> ObjectStores.check(down));
        }
    }

    private List<String> keys(String prefix) {
        var keys = new ArrayList<String>();
        store().list(prefix, page -> page.forEach(object -> keys.add(object.key())));
        return keys;
    }
}
