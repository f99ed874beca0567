package io.nightjar;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The floors: a room imports lower floors only, and rooms of one floor never import each other. */
class HouseTest {
    /** From the ground up. */
    private static final List<List<String>> FLOORS = List.of(
            List.of("mqtt"),
            List.of("topic", "trace", "auth", "diagnosis", "metrics", "limits"),
            List.of("connection", "session"),
            List.of("message", "routing", "store"),
            List.of("actor", "net", "http"),
            List.of("app"));

    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.nightjar");

    static List<String> rooms() {
        return FLOORS.stream().flatMap(List::stream).toList();
    }

    @Test
    void every_class_is_in_a_room_of_the_plan() {
        Set<String> found = HOUSE.stream()
                .map(type -> type.getPackageName().replace("io.nightjar", "").replaceFirst("^\\.", ""))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(rooms()).containsAll(found);
    }

    @ParameterizedTest
    @MethodSource("rooms")
    void a_room_imports_lower_floors_only(String room) {
        List<String> forbidden = new ArrayList<>();
        boolean below = true;
        for (List<String> floor : FLOORS) {
            below = below && !floor.contains(room);
            if (!below) {
                floor.stream()
                        .filter(other -> !other.equals(room))
                        .map(HouseTest::of)
                        .forEach(forbidden::add);
            }
        }

        noClasses()
                .that()
                .resideInAPackage(of(room))
                .should()
                .dependOnClassesThat(resideInAnyPackage(forbidden.toArray(String[]::new)))
                .allowEmptyShould(true)
                .check(HOUSE);
    }

    @Test
    void there_are_no_circles_between_rooms() {
        slices().matching("io.nightjar.(*)..").should().beFreeOfCycles().check(HOUSE);
    }

    @Test
    void netty_stays_in_its_room() {
        only("io.netty..", "net");
    }

    @Test
    void pekko_stays_in_its_rooms() {
        only("org.apache.pekko..", "message", "actor", "http", "app");
    }

    @Test
    void json_stays_at_the_edges() {
        only("com.fasterxml..", "auth", "trace", "store", "message", "actor", "http", "app");
    }

    @Test
    void configuration_is_read_in_one_place() {
        only("com.typesafe..", "actor", "http", "app"); // actor and http: Pekko's own settings
    }

    @Test
    void the_words_of_the_standard_need_nothing_but_java() {
        classes()
                .that()
                .resideInAPackage("io.nightjar.mqtt..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage("io.nightjar.mqtt..", "java..", "org.jspecify.."))
                .check(HOUSE);
    }

    @ParameterizedTest
    @MethodSource("pureRooms")
    void a_pure_room_has_no_log_no_file_and_no_thread(String room) {
        noClasses()
                .that()
                .resideInAPackage(of(room))
                .should()
                .dependOnClassesThat(resideInAnyPackage("org.slf4j..", "java.nio.file..", "java.net..", "java.io.."))
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Thread.class, java.util.concurrent.Executor.class, java.time.Clock.class)
                .check(HOUSE);
    }

    static List<String> pureRooms() {
        return List.of("connection", "session", "diagnosis", "limits");
    }

    private static void only(String library, String... rooms) {
        String[] homes = new String[rooms.length];
        for (int i = 0; i < rooms.length; i++) {
            homes[i] = of(rooms[i]);
        }
        noClasses()
                .that(resideOutsideOfPackages(homes))
                .should()
                .dependOnClassesThat(resideInAnyPackage(library))
                .check(HOUSE);
    }

    private static String of(String room) {
        return "io.nightjar." + room + "..";
    }
}
