//! What each named scene varies, as changes to a plain look.

use super::dice::Dice;
use super::hair::{FineHair, HairLook, ShadeLook, UnderSkin};
use super::light::Noise;
use super::litter::Litter;
use super::marks::Marks;
use super::scene::{Look, Scene};
use super::skin::SkinLook;

macro_rules! scene {
    ($name:literal, $description:literal, $look:expr) => {
        Scene { name: $name, description: $description, look: $look }
    };
}

pub(super) const SCENES: &[Scene] = &[
    scene!("clipped", "A field of a phototrichogram: dark hair clipped short, 2560 × 2048 at 2.76 µm/px, with bar and caption.", clipped),
    scene!("clipped-small", "The same without marks, 1000 × 800.", |d| Look {
        width: 1000,
        height: 800,
        marks: Marks::default(),
        ..clipped(d)
    }),
    scene!("long", "Long dark hair that crosses and leaves the frame.", long),
    scene!("dense", "Clipped hair at the upper end of natural density.", dense),
    scene!("sparse", "Few units, many of a single thinned hair.", sparse),
    scene!("vellus", "Mostly fine hair.", vellus),
    scene!("blond", "Blond hair on light skin.", |d| pigmented(d, [0.0, 0.0, 0.25, 0.75, 0.0, 0.0])),
    scene!("grey", "Black hair going gray.", |d| pigmented(d, [0.3, 0.1, 0.0, 0.0, 0.4, 0.2])),
    scene!("white", "White hair.", |d| pigmented(d, [0.0, 0.0, 0.0, 0.0, 0.1, 0.9])),
    scene!("dark-skin", "Black hair on dark skin with honeycomb pigment and white dots.", dark_skin),
    scene!("curly", "Strongly curled afro-textured hair.", curly),
    scene!("glare", "Shining skin with blown-out reflections and gel bubbles.", glare),
    scene!("flakes", "Scaling skin.", flakes),
    scene!("blur", "Out of focus, more so towards the edges.", blur),
    scene!("coarse", "A weak lens: about 9 µm/px.", coarse),
    scene!("fine", "A strong lens: about 1.4 µm/px.", fine),
    scene!("dermoscope", "A round field with black around it.", dermoscope),
    scene!("annotated", "Bar, caption, drawn circle, label and padding.", annotated),
    scene!("clumped", "Clipped hair in clumps: short, touching and fanned out, over a broad haze, with crumbs clinging to it.", clumped),
    scene!("stubble", "Clipped hair in clumps: thick, short and touching, dark just under the skin and veiled by glints behind.", stubble),
    scene!("shaded", "Stubble that shades the skin it lies on, and darkens it before it leaves it.", shaded),
    scene!("abrupt", "Hair that begins abruptly at its root: nothing of it shows under the skin.", abrupt),
    scene!("bare", "Skin without a hair.", bare),
    scene!("wild", "Anything within nature, for training.", wild),
];

/// Clipped or long hair on light skin in middling light, 1600 × 1200 at 4 to 5 µm/px.
pub(super) fn plain(dice: &mut Dice) -> Look {
    Look {
        width: 1600,
        height: 1200,
        um_per_px: dice.between(4.0, 5.0),
        upsampling: 1,
        skin: SkinLook {
            tone: dice.between(1.5, 3.5),
            grayness: dice.between(0.15, 0.6) as f32,
            exposure: dice.between(0.24, 0.42) as f32,
            furrows: dice.between(0.3, 1.0) as f32,
            vessels: dice.between(10.0, 80.0),
            honeycomb: 0.0,
            pores: dice.between(20.0, 150.0),
            freckles: if dice.chance(0.2) { dice.between(2.0, 25.0) } else { 0.0 },
            gloss: dice.between(0.1, 0.35) as f32,
            specks: 0.0,
            glints: 0.0,
            cast: dice.between(0.1, 0.7) as f32,
        },
        hair: clipped_hair(dice),
        litter: Litter {
            flakes: dice.between(0.0, 12.0),
            root_scale: dice.between(0.05, 0.35),
            bubbles: 0.0,
            glare: dice.between(0.0, 4.0),
            cut_hairs: dice.between(0.0, 12.0),
            fibers: dice.between(0.0, 2.0),
        },
        point_spread: dice.between(4.0, 9.0),
        defocus: dice.between(1.0, 1.8),
        unevenness: dice.between(0.2, 0.9) as f32,
        noise: Noise { read: dice.between(0.001, 0.004) as f32, shot: dice.between(0.0001, 0.0006) as f32 },
        jpeg_quality: Some(dice.between(82.0, 95.0) as u8),
        marks: Marks::default(),
    }
}

fn clipped_hair(dice: &mut Dice) -> HairLook {
    HairLook {
        units_per_cm2: dice.between(68.0, 90.0),
        unit_sizes: [0.24, 0.44, 0.25, 0.06, 0.01],
        thickness: dice.between(60.0, 70.0),
        thickness_sd: dice.between(13.0, 17.0),
        fine: FineHair { share: dice.between(0.04, 0.12), ..FineHair::default() },
        pigments: [0.8, 0.2, 0.0, 0.0, 0.0, 0.0],
        length: dice.between(340.0, 560.0),
        length_spread: 0.25,
        length_spread_in_unit: 0.18,
        clipped: true,
        curl: dice.between(0.05, 0.3),
        coil: 0.2,
        scatter: dice.between(0.06, 0.18),
        fan: 0.08,
        waver: 0.05,
        meet: 0.0,
        meet_at: [0.4, 1.2],
        stagger: 55.0,
        crumbs: 0.0,
        fold: 1.0,
        apart: 1.0,
        under_skin: UnderSkin { haze: dice.between(0.6, 0.95) as f32, reach: dice.between(150.0, 360.0), ..UnderSkin::default() },
        shine: dice.between(0.0, 0.35) as f32,
        shadow: dice.between(0.05, 0.3) as f32,
        shade: ShadeLook { strength: 0.0, reach: 300.0 },
        rise_blur: 0.0,
    }
}

fn long_hair(dice: &mut Dice) -> HairLook {
    HairLook {
        length: dice.between(6000.0, 14000.0),
        length_spread: 0.35,
        clipped: false,
        curl: dice.between(0.05, 0.35),
        shine: dice.between(0.1, 0.6) as f32,
        scatter: dice.between(0.15, 0.4),
        rise_blur: dice.between(0.0, 18.0),
        ..clipped_hair(dice)
    }
}

fn clipped(dice: &mut Dice) -> Look {
    let plain = plain(dice);
    Look {
        width: 2560,
        height: 2048,
        um_per_px: dice.normal(2.76, 0.004),
        upsampling: 2,
        skin: SkinLook {
            tone: dice.between(2.0, 3.6),
            grayness: dice.between(0.5, 0.85) as f32,
            exposure: dice.between(0.2, 0.32) as f32,
            furrows: dice.between(0.8, 2.0) as f32,
            gloss: dice.between(0.25, 0.65) as f32,
            cast: dice.between(0.5, 1.0) as f32,
            freckles: 0.0,
            ..plain.skin
        },
        hair: HairLook {
            units_per_cm2: dice.between(50.0, 85.0),
            unit_sizes: [0.4, 0.4, 0.16, 0.04, 0.0],
            shine: 0.08,
            thickness: dice.between(64.0, 76.0),
            pigments: [0.92, 0.08, 0.0, 0.0, 0.0, 0.0],
            ..plain.hair
        },
        point_spread: dice.between(3.5, 7.5),
        noise: Noise { read: dice.between(0.002, 0.005) as f32, shot: dice.between(0.0003, 0.001) as f32 },
        jpeg_quality: Some(dice.between(80.0, 92.0) as u8),
        marks: Marks { scale_bar: true, caption: true, circle: dice.chance(0.3), padding: true, round_frame: false },
        ..plain
    }
}

fn long(dice: &mut Dice) -> Look {
    let hair = HairLook { units_per_cm2: dice.between(55.0, 80.0), ..long_hair(dice) };
    Look { hair, ..plain(dice) }
}

fn dense(dice: &mut Dice) -> Look {
    let hair = HairLook { units_per_cm2: dice.between(88.0, 98.0), unit_sizes: [0.15, 0.4, 0.32, 0.1, 0.03], ..clipped_hair(dice) };
    Look { hair, ..plain(dice) }
}

fn sparse(dice: &mut Dice) -> Look {
    let hair = HairLook {
        units_per_cm2: dice.between(25.0, 45.0),
        unit_sizes: [0.7, 0.25, 0.05, 0.0, 0.0],
        thickness: dice.between(45.0, 58.0),
        fine: FineHair { share: dice.between(0.2, 0.4), ..FineHair::default() },
        ..clipped_hair(dice)
    };
    Look { hair, ..plain(dice) }
}

fn vellus(dice: &mut Dice) -> Look {
    let hair = HairLook {
        thickness: dice.between(38.0, 46.0),
        thickness_sd: 8.0,
        fine: FineHair { share: dice.between(0.6, 0.85), ..FineHair::default() },
        pigments: [0.2, 0.4, 0.4, 0.0, 0.0, 0.0],
        clipped: dice.chance(0.5),
        ..clipped_hair(dice)
    };
    Look { hair, um_per_px: dice.between(2.5, 4.0), ..plain(dice) }
}

fn pigmented(dice: &mut Dice, pigments: [f64; 6]) -> Look {
    let plain = plain(dice);
    let base = if dice.chance(0.5) { long_hair(dice) } else { clipped_hair(dice) };
    let hair = HairLook { pigments, shine: dice.between(0.2, 0.6) as f32, ..base };
    Look { hair, skin: SkinLook { tone: dice.between(1.0, 2.6), ..plain.skin }, ..plain }
}

fn dark_skin(dice: &mut Dice) -> Look {
    let plain = plain(dice);
    let skin = SkinLook {
        tone: dice.between(4.6, 6.0),
        grayness: dice.between(0.05, 0.3) as f32,
        exposure: dice.between(0.05, 0.14) as f32,
        honeycomb: dice.between(0.4, 1.0) as f32,
        cast: dice.between(0.0, 0.4) as f32,
        ..plain.skin
    };
    let hair = HairLook { shine: dice.between(0.1, 0.6) as f32, ..plain.hair };
    Look { skin, hair, ..plain }
}

fn curly(dice: &mut Dice) -> Look {
    let plain = dark_skin(dice);
    let hair = HairLook {
        units_per_cm2: dice.between(55.0, 75.0),
        unit_sizes: [0.3, 0.42, 0.22, 0.06, 0.0],
        thickness: dice.between(58.0, 67.0),
        thickness_sd: 8.5,
        fine: FineHair { share: 0.04, ..FineHair::default() },
        pigments: [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        length: dice.between(1500.0, 4500.0),
        curl: dice.between(1.0, 2.6),
        coil: dice.between(0.4, 0.9),
        scatter: 0.5,
        ..long_hair(dice)
    };
    Look { hair, skin: SkinLook { tone: dice.between(3.8, 6.0), exposure: dice.between(0.08, 0.25) as f32, ..plain.skin }, ..plain }
}

fn glare(dice: &mut Dice) -> Look {
    let plain = plain(dice);
    let skin = SkinLook { gloss: dice.between(0.5, 0.9) as f32, ..plain.skin };
    let litter = Litter { glare: dice.between(40.0, 120.0), bubbles: dice.between(10.0, 60.0), ..plain.litter };
    Look { skin, litter, ..plain }
}

fn flakes(dice: &mut Dice) -> Look {
    let plain = plain(dice);
    let litter = Litter { flakes: dice.between(120.0, 350.0), root_scale: dice.between(0.5, 0.9), ..plain.litter };
    Look { litter, ..plain }
}

fn blur(dice: &mut Dice) -> Look {
    Look { point_spread: dice.between(10.0, 18.0), defocus: dice.between(1.5, 2.6), ..plain(dice) }
}

fn coarse(dice: &mut Dice) -> Look {
    let base = plain(dice);
    let hair = if dice.chance(0.5) { long_hair(dice) } else { base.hair };
    Look { width: 1000, height: 750, um_per_px: dice.between(8.0, 10.0), hair, point_spread: dice.between(6.0, 10.0), ..base }
}

fn fine(dice: &mut Dice) -> Look {
    Look { um_per_px: dice.between(1.3, 1.5), point_spread: dice.between(2.5, 5.0), ..plain(dice) }
}

fn dermoscope(dice: &mut Dice) -> Look {
    let base = plain(dice);
    let hair = if dice.chance(0.5) { long_hair(dice) } else { base.hair };
    let litter = Litter { bubbles: dice.between(0.0, 25.0), ..base.litter };
    Look { um_per_px: dice.between(5.0, 7.0), hair, litter, marks: Marks { round_frame: true, ..Marks::default() }, ..base }
}

fn annotated(dice: &mut Dice) -> Look {
    Look { marks: Marks { scale_bar: true, caption: true, circle: true, padding: true, round_frame: false }, ..plain(dice) }
}

/// Short hair in clumps over a haze.
fn clumped(dice: &mut Dice) -> Look {
    let base = if dice.chance(0.6) { clipped(dice) } else { plain(dice) };
    let hair = HairLook {
        units_per_cm2: dice.between(45.0, 95.0),
        unit_sizes: [0.35, 0.4, 0.2, 0.05, 0.0],
        thickness: dice.between(50.0, 80.0),
        thickness_sd: dice.between(12.0, 20.0),
        fine: FineHair { share: dice.between(0.05, 0.3), ..base.hair.fine },
        pigments: [dice.between(0.4, 1.0), dice.between(0.0, 0.5), dice.between(0.0, 0.15), 0.0, 0.0, 0.0],
        length: dice.between(220.0, 560.0),
        length_spread: dice.between(0.2, 0.5),
        curl: dice.between(0.05, 0.8),
        scatter: dice.between(0.06, 0.35),
        fan: dice.between(0.04, 0.18),
        waver: dice.between(0.03, 0.14),
        stagger: dice.between(30.0, 75.0),
        crumbs: if dice.chance(0.6) { dice.between(0.0, 1.5) } else { 0.0 },
        under_skin: UnderSkin {
            haze: dice.between(0.5, 1.3) as f32,
            breadth: dice.between(1.0, 2.4),
            reach: dice.between(120.0, 450.0),
            ..UnderSkin::default()
        },
        shine: dice.between(0.0, 0.3) as f32,
        ..base.hair
    };
    let um_per_px = dice.between(3.2, 5.6);
    Look {
        width: (5600.0 / um_per_px) as usize,
        height: (4400.0 / um_per_px) as usize,
        um_per_px,
        upsampling: 1,
        hair,
        skin: SkinLook {
            tone: dice.between(1.4, 4.2),
            grayness: dice.between(0.2, 0.95) as f32,
            exposure: dice.between(0.18, 0.4) as f32,
            furrows: dice.between(0.3, 2.4) as f32,
            gloss: dice.between(0.2, 0.8) as f32,
            cast: dice.between(0.2, 1.1) as f32,
            ..base.skin
        },
        litter: Litter {
            flakes: dice.between(0.0, 40.0),
            root_scale: dice.between(0.1, 0.7),
            bubbles: 0.0,
            glare: dice.between(0.0, 15.0),
            cut_hairs: dice.between(0.0, 30.0),
            fibers: dice.between(0.0, 4.0),
        },
        point_spread: dice.between(3.5, 12.0),
        marks: Marks { padding: dice.chance(0.4), ..base.marks },
        ..base
    }
}

/// Clumps as they look on light skin through a strong lens: thick shafts, just under the skin still dark and farther back veiled by the
/// glinting skin that bulges over them.
fn stubble(dice: &mut Dice) -> Look {
    let base = clumped(dice);
    let hair = HairLook {
        thickness: dice.between(50.0, 120.0),
        thickness_sd: dice.between(10.0, 22.0),
        fine: FineHair { share: dice.between(0.03, 0.25), ..base.hair.fine },
        length: dice.between(240.0, 620.0),
        fan: dice.between(0.05, 0.26),
        meet: dice.between(0.0, 0.9),
        fold: dice.between(0.0, 0.6),
        apart: dice.between(0.8, 2.2),
        under_skin: UnderSkin {
            haze: dice.between(0.5, 2.2) as f32,
            core: if dice.chance(0.9) { dice.between(0.5, 2.2) as f32 } else { 0.0 },
            breadth: dice.between(1.0, 3.6),
            flare: dice.between(5.0, 140.0),
            reach: dice.between(100.0, 600.0),
            bulge_glint: if dice.chance(0.8) { dice.between(0.05, 0.65) as f32 } else { 0.0 },
            ..base.hair.under_skin
        },
        ..base.hair
    };
    let skin = SkinLook {
        gloss: dice.between(0.0, 0.6) as f32,
        specks: dice.between(0.0, 0.8) as f32,
        glints: if dice.chance(0.8) { dice.between(0.0, 2200.0) } else { 0.0 },
        ..base.skin
    };
    Look { hair, skin, ..base }
}

/// Stubble as phototrichograms show it: skin is dark beside a shaft, most at its root, and before the root as dark as half a shaft.
fn shaded(dice: &mut Dice) -> Look {
    let base = stubble(dice);
    let hair = HairLook {
        fine: FineHair {
            share: dice.between(0.03, 0.2),
            alone: dice.between(0.0, 0.3),
            thickness: [11.0, 30.0],
            opacity: [0.35, 0.98],
            warmth: dice.between(0.3, 1.6) as f32,
            length: dice.between(0.45, 1.0),
            bare: dice.between(0.3, 1.0),
        },
        length_spread_in_unit: dice.between(0.1, 0.45),
        meet_at: [0.4, 2.6],
        under_skin: UnderSkin {
            haze: dice.between(0.7, 2.6) as f32,
            core: dice.between(0.6, 1.3) as f32,
            core_least: 0.5,
            core_reach: dice.between(110.0, 300.0),
            blueness: dice.between(0.0, 1.1) as f32,
            breadth: dice.between(0.8, 2.4),
            bulge_glint: if dice.chance(0.5) { dice.between(0.05, 0.3) as f32 } else { 0.0 },
            ..base.hair.under_skin
        },
        fold: dice.between(0.0, 1.2),
        shade: ShadeLook { strength: dice.between(0.3, 1.5) as f32, reach: dice.between(200.0, 600.0) },
        ..base.hair
    };
    let skin = SkinLook { gloss: dice.between(0.0, 0.25) as f32, specks: dice.between(0.0, 0.28) as f32, ..base.skin };
    Look { hair, skin, point_spread: dice.between(4.0, 11.5), ..base }
}

/// Hair without a haze at its root, so that only what units share, tapering tips and the hair around tell root from tip; often on even skin.
fn abrupt(dice: &mut Dice) -> Look {
    let kinds: [fn(&mut Dice) -> Look; 7] = [plain, plain, sparse, dense, stubble, dark_skin, vellus];
    let base = kinds[dice.weighted(&[1.0; 7])](dice);
    let even = dice.between(0.0, 1.0);
    let short = dice.chance(0.75);
    let mut pigments = [0.0; 6];
    pigments[dice.weighted(&[6.0, 3.0, 1.5, 0.7, 0.7, 0.7])] = 1.0;
    pigments[dice.weighted(&[3.0, 2.0, 1.0, 0.3, 0.5, 0.3])] += 0.2;
    let hair = HairLook {
        units_per_cm2: dice.between(15.0, 90.0),
        unit_sizes: if dice.chance(0.3) { [1.0, 0.0, 0.0, 0.0, 0.0] } else { [0.35, 0.38, 0.2, 0.05, 0.02] },
        pigments,
        clipped: dice.chance(0.5),
        length: if short { dice.between(300.0, 1100.0) } else { dice.between(1100.0, 5000.0) },
        length_spread: dice.between(0.05, 0.5),
        curl: dice.between(0.0, 0.8),
        scatter: dice.between(0.05, 0.8),
        fan: dice.between(0.02, 0.5),
        waver: dice.between(0.0, 0.15),
        stagger: dice.between(0.0, 40.0),
        fold: dice.between(0.0, 0.6),
        apart: dice.between(0.2, 1.6),
        under_skin: UnderSkin {
            haze: if dice.chance(0.7) { 0.0 } else { dice.between(0.0, 0.3) as f32 },
            core: 0.0,
            bulge_glint: 0.0,
            ..base.hair.under_skin
        },
        crumbs: 0.0,
        ..base.hair
    };
    let um_per_px = dice.log_normal(4.2, 0.35).clamp(1.8, 9.0);
    let calm = even as f32;
    let skin = SkinLook {
        furrows: calm * base.skin.furrows,
        gloss: calm * base.skin.gloss,
        specks: calm * base.skin.specks,
        glints: even * base.skin.glints,
        vessels: even * base.skin.vessels,
        pores: even * base.skin.pores,
        ..base.skin
    };
    let litter = Litter {
        flakes: even * base.litter.flakes,
        root_scale: if dice.chance(0.3) { base.litter.root_scale } else { 0.0 },
        cut_hairs: even * base.litter.cut_hairs,
        ..base.litter
    };
    Look {
        width: (5600.0 / um_per_px) as usize,
        height: (4400.0 / um_per_px) as usize,
        um_per_px,
        upsampling: 1,
        skin,
        hair,
        litter,
        point_spread: dice.log_normal(1.1, 0.4).clamp(0.5, 3.0) * um_per_px,
        noise: Noise { read: dice.between(0.0003, 0.005) as f32, shot: dice.between(0.0, 0.001) as f32 },
        ..base
    }
}

fn bare(dice: &mut Dice) -> Look {
    let plain = plain(dice);
    let hair = HairLook { units_per_cm2: 0.0, ..plain.hair };
    let litter = Litter { cut_hairs: 0.0, fibers: 0.0, ..plain.litter };
    Look { hair, litter, ..plain }
}

/// Any hair on any skin under any lens. What is drawn is independent of what else is drawn, so that a learner cannot infer one from another.
fn wild(dice: &mut Dice) -> Look {
    let kinds: [fn(&mut Dice) -> Look; 8] = [clumped, clipped, plain, long, sparse, vellus, dark_skin, curly];
    let base = kinds[dice.weighted(&[1.0; 8])](dice);
    let other = kinds[dice.weighted(&[1.0; 8])](dice);
    let mut pigments = [0.0; 6];
    let main = dice.weighted(&[5.0, 3.0, 2.0, 1.5, 1.0, 1.5]);
    pigments[main] = 1.0;
    pigments[dice.weighted(&[3.0, 2.0, 1.0, 0.5, 1.0, 1.0])] += 0.25;
    let um_per_px = dice.log_normal(4.2, 0.4).clamp(1.4, 9.0);
    let some = |dice: &mut Dice, share: f64, most: f64| if dice.chance(share) { dice.between(0.0, most) } else { 0.0 };
    Look {
        width: 1280,
        height: 1024,
        um_per_px,
        upsampling: 1 + usize::from(dice.chance(0.3)),
        skin: SkinLook {
            tone: dice.between(1.0, 6.0),
            gloss: dice.between(0.0, 0.6) as f32,
            cast: dice.between(0.0, 1.0) as f32,
            ..other.skin
        },
        hair: HairLook {
            pigments,
            under_skin: UnderSkin { haze: dice.between(0.0, 1.0) as f32, ..base.hair.under_skin },
            units_per_cm2: dice.between(20.0, 98.0),
            ..base.hair
        },
        litter: Litter {
            flakes: some(dice, 0.5, 200.0),
            root_scale: some(dice, 0.7, 0.8),
            bubbles: some(dice, 0.3, 50.0),
            glare: some(dice, 0.4, 80.0),
            cut_hairs: some(dice, 0.5, 40.0),
            fibers: some(dice, 0.3, 8.0),
        },
        point_spread: dice.log_normal(1.3, 0.45).clamp(0.4, 3.5) * um_per_px,
        defocus: dice.between(1.0, 2.2),
        unevenness: dice.between(0.0, 1.2) as f32,
        noise: Noise { read: dice.between(0.0005, 0.008) as f32, shot: dice.between(0.0, 0.0015) as f32 },
        jpeg_quality: dice.chance(0.8).then(|| dice.between(60.0, 97.0) as u8),
        marks: Marks {
            scale_bar: dice.chance(0.25),
            caption: dice.chance(0.25),
            circle: dice.chance(0.15),
            padding: dice.chance(0.15),
            round_frame: dice.chance(0.15),
        },
    }
}
